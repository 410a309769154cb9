// A JSON Schema as rows to read: members with type, limits and meaning. What is nested unfolds; a schema within itself is named.
import { nameOf, resolved } from "./contract.js";
import { count, h } from "./dom.js";
import { markdown } from "./markdown.js";

const DEPTH_MAX = 12;
const VALUES_MAX = 14;
// Shown as they stand.
const FURTHER = ["if", "then", "else", "not", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "contains", "prefixItems", "patternProperties", "dependentRequired"];

export const code = (text) => h("code", {}, text);
export const quiet = (...what) => h("p", { class: "quiet" }, what);
export const rowsOf = (rows) => rows.length > 0 && h("ul", { class: "members" }, rows);
export const folding = (label, ...within) => h("details", {}, h("summary", {}, label), within);
export const sample = (value) => h("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

const shown = (value) => code(typeof value === "string" && value ? value : JSON.stringify(value));
const listed = (nodes) => nodes.flatMap((node, place) => (place ? [", ", node] : [node]));
const membersIn = (schema) => Object.entries(schema.properties ?? {});

// $ref followed, allOf made one, "this or null" made this; refs: the names of what went in, forms: those of which it is one.
function flat(contract, node, depth = 0) {
  const { allOf = [], oneOf = [], anyOf = [], ...own } = resolved(contract, node);
  const all = [...oneOf, ...anyOf];
  const forms = all.filter((each) => resolved(contract, each).type !== "null");
  const parts = depth > DEPTH_MAX ? [] : [...allOf, ...(forms.length === 1 ? forms : [])];
  own.refs = [nameOf(node)].filter(Boolean);
  own.forms = forms.length > 1 ? forms : [];
  own.isNullable = forms.length < all.length;
  return [...parts.map((each) => flat(contract, each, depth + 1)), own].reduce(merged);
}

function merged(one, other) {
  const properties = { ...one.properties };
  for (const [name, member] of membersIn(other)) {
    properties[name] = properties[name] ? { allOf: [properties[name], member] } : member;
  }
  const both = (key) => [...one[key] ?? [], ...other[key] ?? []];
  return { ...one, ...other, properties, required: both("required"), refs: both("refs"), forms: both("forms"), isNullable: one.isNullable || other.isNullable };
}

export function typeOf(contract, node, depth = 0) {
  const schema = flat(contract, node);
  const values = schema.enum ?? ("const" in schema ? [schema.const] : []);
  const types = depth > 4 ? ["…"] : schema.forms.length && !schema.type ? schema.forms.map((each) => typeOf(contract, each, depth + 1))
    : [schema.type ?? (values.length ? values.map((value) => (value === null ? "null" : typeof value)) : membersIn(schema).length ? "object" : "any")].flat();
  return [...new Set(schema.isNullable ? [...types, "null"] : types)]
    .map((type) => (type === "array" && schema.items ? `array of ${typeOf(contract, schema.items, depth + 1)}` : type)).join(" or ");
}

// "1 to 200 characters", "default 20", …
function limitsOf(contract, schema) {
  const items = schema.items && flat(contract, schema.items);
  const ofItems = items && !items.items ? limitsOf(contract, items) : [];
  return [
    schema.format !== "date-time" && range(schema.minLength, schema.maxLength, " characters"), range(schema.minItems, schema.maxItems, " entries"),
    range(schema.minProperties, schema.maxProperties, " members"), range(schema.minimum, schema.maximum, ""),
    schema.uniqueItems && "none twice", schema.readOnly && "read only", !/^int/.test(schema.format) && schema.format, schema.pattern && !schema.format && ["pattern ", shown(schema.pattern)],
    "default" in schema && ["default ", shown(schema.default)], ofItems.length && ["each ", listed(ofItems)],
  ].filter(Boolean);
}

const range = (least, most, many) => (most === undefined ? least && `at least ${least}${many}`
  : least === undefined || many && !least ? `at most ${most}${many}` : `${least === most ? "" : `${least} to `}${most}${many}`);

function valuesOf(contract, given) {
  const schema = given.items ? flat(contract, given.items) : given;
  const values = listed((schema.enum ?? []).map(shown));
  return schema.enum?.length > VALUES_MAX ? folding(`one of ${schema.enum.length} values`, h("p", {}, values))
    : values.length ? h("p", { class: "values" }, "one of ", values) : "const" in schema && h("p", { class: "values" }, "always ", shown(schema.const));
}

// A member, a parameter or a form, which has a label in the place of a name; with what is within. isNeeded: undefined where nobody can tell.
export function row(contract, name, node, { isNeeded, isLabel, description, trail = [] } = {}) {
  const schema = flat(contract, node);
  const within = membersOf(contract, node, trail);
  const inner = schema.items ? flat(contract, schema.items) : schema;
  const marks = [contract.isAnswer ? isNeeded === false && "not always there" : isNeeded && "required", schema.deprecated && "deprecated"];
  return h("li", {},
    h("p", { class: "head" }, isLabel ? h("em", {}, name) : h("code", { class: "name" }, name), marks.map((mark) => mark && h("span", { class: "must" }, mark)),
      h("span", { class: "type" }, listed([typeOf(contract, node), ...limitsOf(contract, schema)]))),
    valuesOf(contract, schema), h("div", { class: "about" }, markdown(description ?? schema.description)),
    within.length > 0 && folding(inner.forms.length ? `one of ${inner.forms.length} forms`
      : membersIn(inner).length ? count(membersIn(inner).length, "member", "members") : "more", within));
}

// What is within a schema: its members, or its forms; nothing within what is plain.
export function membersOf(contract, node, trail = []) {
  const schema = flat(contract, node);
  const again = schema.refs.find((name) => trail.includes(name));
  if (again || trail.length > 3 * DEPTH_MAX) {
    return [quiet(`${again ?? "More"}, as above.`)];
  }
  const here = { trail: [...trail, ...schema.refs, ""] };
  const others = schema.additionalProperties;
  const rows = membersIn(schema).map(([name, member]) => row(contract, name, member, { ...here, isNeeded: (schema.required ?? []).includes(name) }));
  if (others && Object.keys(others).length) {
    rows.push(row(contract, rows.length ? "any other name" : "any name", others, { ...here, isLabel: true }));
  }
  const ofNames = schema.propertyNames ? limitsOf(contract, flat(contract, schema.propertyNames)) : [];
  const further = FURTHER.filter((key) => key in schema).map((key) => [key, schema[key]]);
  return [
    rowsOf(rows), ofNames.length && quiet("Names: ", listed(ofNames)), others === false && rows.length && quiet("No other members."),
    schema.items && membersOf(contract, schema.items, here.trail),
    schema.forms.length && [quiet("One of these:"), rowsOf(schema.forms.map((each) => row(contract, labelOf(contract, each), each, { ...here, isLabel: true })))],
    further.length && folding("Further rules", sample(Object.fromEntries(further))),
  ].flat().filter(Boolean);
}

// What tells one form from the others.
function labelOf(contract, node) {
  const schema = flat(contract, node);
  const marks = membersIn(schema).map(([name, member]) => [name, flat(contract, member)]).filter(([, member]) => "const" in member);
  return marks.map(([name, member]) => `${name}: ${member.const}`).join(", ") || (schema.title ?? nameOf(node) ?? typeOf(contract, node));
}
