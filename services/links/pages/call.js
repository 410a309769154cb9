// One call, or one event: what it does, what it takes, what it answers, and a line of curl to copy.
import { codesIn, contentsOf, examplesOf, resolved, textOf } from "./contract.js";
import { copyButton } from "./copy.js";
import { curlOf } from "./curl.js";
import { choice, count, h } from "./dom.js";
import { markdown } from "./markdown.js";
import { code, folding, membersOf, quiet, row, rowsOf, sample, typeOf } from "./schema.js";

const PLACES = { path: "Path", query: "Query", header: "Request headers" };

export const badge = (method) => h("span", { class: `method ${method}` }, method.toUpperCase());

// A path may break behind each slash.
export const pathOf = (path) => path.split(/(?<=.\/)/).flatMap((part) => [part, h("wbr")]);

export function callView(contract, call) {
  const address = () => `${location.origin}${location.pathname}#${call.id}`;
  return h("article", { id: call.id },
    h("header", {},
      h("p", { class: "kicker" }, call.group), h("h1", { tabindex: "-1" }, call.summary || call.path),
      h("p", { class: "route" }, badge(call.method), code(pathOf(call.path)), copyButton("Copy link", address)),
      call.isDeprecated && h("p", { class: "bad" }, "Deprecated: it will go."), !call.isEvent && needOf(call)),
    h("div", { class: "told" }, markdown(call.description)),
    h("div", { class: "shown" }, samplesOf(contract, call)),
    h("div", { class: "parts" },
      Object.entries(PLACES).map(([place, title]) => parametersOf(contract, call.parameters.filter((each) => each.in === place), title)),
      bodyOf(contract, call), answersOf(contract, call)));
}

function needOf({ security }) {
  const scopes = security.flatMap((each) => Object.values(each).flat());
  return h("p", {}, !security.length ? "No key is needed." : ["Needs a key", scopes.map((scope, place) => [place ? " and " : " with ", code(scope)]), "."]);
}

const parametersOf = (contract, parameters, title) => parameters.length > 0 && h("section", {}, h("h2", {}, title), rowsOf(parameters.map((each) =>
  row(contract, textOf(each.name), each.schema, { isNeeded: each.required, description: each.description }))));

const typesOf = (contents) => contents.map(([type]) => type).join(" or ");

function bodyOf(contract, { body, isEvent }) {
  const contents = contentsOf(contract, body);
  return contents.length > 0 && h("section", {}, h("h2", {}, isEvent ? "What is sent to you" : "Body"),
    quiet(typesOf(contents), !body.required && !isEvent && ", may be left out"), markdown(body.description), treeOf({ ...contract, isAnswer: isEvent }, contents[0][1].schema));
}

function treeOf(contract, schema) {
  const within = membersOf(contract, schema);
  const nested = within.flatMap((each) => [...each.querySelectorAll("details")]);
  const unfold = (event) => {
    const should = nested.some((each) => !each.open);
    nested.forEach((each) => { each.open = should; });
    event.target.textContent = should ? "Fold all" : "Unfold all";
  };
  return within.length ? [nested.length > 0 && h("button", { type: "button", class: "plain", onclick: unfold }, "Unfold all"), within] : quiet(typeOf(contract, schema));
}

// The answer to show: that something was made, where a call may also find it.
const wentWell = (contract, call) => call.answers.filter((each) => !each.isProblem && each.content).at(-1) ?? call.answers[0];

function answersOf(given, call) {
  const contract = { ...given, isAnswer: true };
  const went = wentWell(contract, call);
  return h("section", {}, h("h2", {}, call.isEvent ? "What you answer" : "Answers"), call.answers.map((answer) => {
    const contents = contentsOf(contract, answer);
    const headers = Object.entries(answer.headers ?? {}).map(([name, each]) => [name, resolved(contract, each)]);
    const codes = [...new Set(codesIn(answer.description).map((each) => each.code))].join(", ");
    const [first, ...rest] = codes ? [codes, textOf(answer.description)] : textOf(answer.description).split(/(?<=\.)\s+/);
    return h("details", { class: "answer", open: answer === went },
      h("summary", {}, h("span", { class: answer.isProblem ? "status" : "status good" }, answer.status === "default" ? "other" : answer.status), " ", first.replaceAll(/[`*]/g, "")),
      markdown(rest.join(" ")), contents.length > 0 && [quiet(typesOf(contents)), treeOf(contract, contents[0][1].schema)],
      headers.length > 0 && folding(`${count(headers.length, "header", "headers")}: ${headers.map(([name]) => name).join(", ")}`,
        rowsOf(headers.map(([name, each]) => row(contract, name, each.schema, { description: each.description })))),
      answer !== went && examplesIn(contract, answer).map(([name, value]) => folding(name, sample(value))));
  }));
}

const examplesIn = (contract, node) => contentsOf(contract, node).slice(0, 1).flatMap(([, content]) => examplesOf(contract, content));

// The curl line and the answer; where there are several examples of one, they can be chosen.
function samplesOf(contract, call) {
  const sent = examplesIn(contract, call.body);
  const went = wentWell(contract, call);
  return [
    call.isEvent ? panel("Sent to you", sent)
      : panel("Call", (sent.length ? sent : [["", call.body?.required ? {} : undefined]]).map(([name, value]) => [name, curlOf(contract, call, value)]), "curl"),
    panel(`Answer ${went?.status}`, examplesIn(contract, went)),
  ];
}

function panel(title, examples, kind = "") {
  const texts = examples.map(([, value]) => sample(value).textContent);
  const shown = h("pre", { tabindex: "0", role: "region", "aria-label": title }, texts[0]);
  return texts.length > 0 && h("section", { class: `panel ${kind}` }, h("header", {}, h("h2", {}, title), copyButton("Copy", () => shown.textContent, shown)),
    texts.length > 1 && choice("Example", examples.map(([name], place) => [`${place}`, name.replaceAll("`", "")]), "0", (place) => { shown.textContent = texts[place]; }), shown);
}
