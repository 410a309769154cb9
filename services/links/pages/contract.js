// An OpenAPI document as the page wants it: calls in groups, events, codes of problems, and the words that a search looks at.
import { folded } from "./text.js";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];
const HOPS_MAX = 20;

export function contractOf(document) {
  if (!document?.openapi || !document.paths) {
    throw new Error("what came is no OpenAPI document");
  }
  const contract = { document, info: { ...document.info }, servers: document.servers ?? [] };
  contract.base = new URL(contract.servers[0]?.url ?? "/", location.href).href.replace(/\/+$/, "");
  contract.calls = callsOf(contract, document.paths);
  const all = [...contract.calls, ...callsOf(contract, document.webhooks, true)];
  contract.byId = new Map(all.map((call) => [call.id, call]));
  const names = [...(document.tags ?? []).map((tag) => tag.name), ...all.map((call) => call.group)];
  contract.groups = [...new Set(names)].map((name) => ({ name, description: document.tags?.find((tag) => tag.name === name)?.description, calls: all.filter((call) => call.group === name) }))
    .filter((group) => group.calls.length);
  contract.codes = codesOf(contract);
  return contract;
}

// What a $ref leads to, with what stands beside it.
export function resolved(contract, node) {
  for (let hops = 0; typeof node?.$ref === "string" && hops < HOPS_MAX; hops++) {
    const { $ref, ...beside } = node;
    const steps = $ref.split("/").slice(1).map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
    node = { ...steps.reduce((at, step) => (Object.hasOwn(at ?? {}, step) ? at[step] : null), contract.document), ...beside };
  }
  return typeof node === "object" && node ? node : {};
}

export const nameOf = (node) => (typeof node?.$ref === "string" ? node.$ref.split("/").pop() : null);

export const textOf = (value) => (typeof value === "string" ? value : "");

// A body's or an answer's [type, content], JSON first.
export const contentsOf = (contract, node) =>
  Object.entries(resolved(contract, node).content ?? {}).toSorted(([one], [other]) => /json/.test(other) - /json/.test(one));

// Of a content or a parameter: [[name, value], …]
export function examplesOf(contract, content) {
  const named = Object.entries(content.examples ?? {}).map(([name, each]) => [resolved(contract, each).summary ?? name, resolved(contract, each).value]);
  const schema = resolved(contract, content.schema);
  const own = content.example ?? schema.example ?? schema.examples?.[0];
  return named.length || own === undefined ? named : [["Example", own]];
}

function callsOf(contract, paths = {}, isEvent = false) {
  return Object.entries(paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]).map((method) => {
    const operation = item[method];
    const call = {
      id: encodeURIComponent(operation.operationId ?? `${method} ${path}`), method: isEvent ? "event" : method, path, isEvent, group: operation.tags?.[0] ?? (isEvent ? "Webhooks" : "Other calls"),
      summary: textOf(operation.summary).replace(/\.$/, ""), description: textOf(operation.description), isDeprecated: operation.deprecated,
      security: operation.security ?? contract.document.security ?? [], body: operation.requestBody && resolved(contract, operation.requestBody),
      parameters: [...item.parameters ?? [], ...operation.parameters ?? []].map((each) => resolved(contract, each)),
      // "default" comes last by itself: it is no whole number.
      answers: Object.entries(operation.responses ?? {}).map(([status, each]) => ({ status, isProblem: status >= "4", ...resolved(contract, each) })),
    };
    call.names = namesOf(contract, call);
    // Of a problem its codes: what they mean is said of nearly every call.
    call.words = folded([method, path, call.id, call.summary, call.group, call.names, ...[call, ...call.parameters, ...call.answers].map((each) => each["x-codes"]?.join(" ") ?? textOf(each.description))].join(" "));
    return call;
  }));
}

// Names of parameters, and names and fixed values of members, of what is sent and of what is answered when it went well.
function namesOf(contract, call) {
  const names = new Set(call.parameters.map((each) => textOf(each.name)));
  const seen = new Set();
  const walk = (node) => {
    const schema = resolved(contract, node);
    if (seen.has(node?.$ref ?? node)) {
      return;
    }
    seen.add(node?.$ref ?? node);
    [...Object.keys(schema.properties ?? {}), schema.const, ...schema.enum ?? []].filter((each) => typeof each === "string").forEach((each) => names.add(each));
    [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties, ...["allOf", "oneOf", "anyOf"].flatMap((key) => schema[key] ?? [])].forEach(walk);
  };
  [call.body, ...call.answers.filter((answer) => !answer.isProblem)].flatMap((each) => contentsOf(contract, each)).forEach(([, content]) => walk(content.schema));
  return [...names];
}

const FAULTS = /Codes of faults: ([^.]*)\./;

// The codes that a description tells of, by "`code`: what it means": [{ code, text }, …]
export function codesIn(description) {
  const told = textOf(description).replace(FAULTS, "");
  const found = [...told.matchAll(/(?:^- )?`([a-z][a-z0-9_]*)`[:;]\s*/gm)];
  return found.map((each, place) => ({ code: each[1], text: told.slice(each.index + each[0].length, found[place + 1]?.index).trim() }));
}

// What each code means, its statuses, and which calls say that they answer it. Told by descriptions, by examples and by lists of ours.
function codesOf(contract) {
  const codes = new Map();
  const note = (code, status, text, call, isOfFault = false) => {
    const key = `${code} ${isOfFault}`; // one word may be both
    const known = codes.get(key) ?? { code, isOfFault, statuses: new Set(), calls: new Set() };
    codes.set(key, { ...known, text: known.text || text, statuses: known.statuses.add(status), calls: known.calls.add(call) });
  };
  for (const call of contract.calls) {
    for (const answer of call.answers.filter((each) => each.isProblem)) {
      codesIn(answer.description).forEach(({ code, text }) => note(code, answer.status, text, call));
      for (const [, value] of contentsOf(contract, answer).flatMap(([, content]) => examplesOf(contract, content))) {
        value?.code && note(value.code, `${value?.status}`, textOf(value?.detail), call);
        (value?.errors ?? []).forEach((fault) => note(fault.code, "422", textOf(fault.detail), call, true));
      }
      for (const code of answer["x-fault-codes"] ?? []) {
        note(code, answer.status, "", call, true);
      }
    }
  }
  // The document's own list, where it has one, says what a code means wherever it is answered.
  for (const each of codes.values()) {
    each.text = textOf(contract.document[each.isOfFault ? "x-fault-codes" : "x-codes"]?.[each.code]?.description) || each.text;
  }
  return [...codes.values()].toSorted((one, other) => one.isOfFault - other.isOfFault || [...one.statuses][0] - [...other.statuses][0] || one.code.localeCompare(other.code));
}
