// A call as a line for the shell: the example's values, $API_KEY for the key, and a variable for what has no example.
import { contentsOf, examplesOf, resolved } from "./contract.js";

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const inDoubleQuotes = (text) => text.replace(/[\\"$`]/g, "\\$&");
const encoded = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
const variable = (name) => `\${${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}}`;

// body: an example's value; undefined when there is none.
export function curlOf(contract, call, body) {
  const example = (parameter) => examplesOf(contract, parameter)[0]?.[1] ?? resolved(contract, parameter.schema).default;
  const needed = (place) => call.parameters.filter((each) => each.in === place && each.required);
  const valueOf = (name, parameter = {}) => (example(parameter) === undefined ? variable(name) : encoded(example(parameter)));
  const path = call.path.split(/\{([^{}]+)\}/).map((part, place) =>
    (place % 2 ? valueOf(part, needed("path").find((each) => each.name === part)) : inDoubleQuotes(part))).join("");
  const query = needed("query").map((each) => `${encoded(each.name)}=${valueOf(each.name, each)}`).join("&");
  const [type] = contentsOf(contract, call.body)[0] ?? [];
  return [
    `curl ${call.answers.some((each) => each.content?.["text/event-stream"]) ? "-N " : ""}${call.method === (body === undefined ? "get" : "post") ? ""
      : `-X ${call.method.toUpperCase()} `}"${inDoubleQuotes(contract.base)}${path}${query && `?${query}`}"`,
    call.security.length && '-H "Authorization: Bearer $API_KEY"',
    ...needed("header").map((each) => `-H ${quoted(`${each.name}: ${example(each) ?? ""}`)}`),
    body !== undefined && (/json/.test(type) ? `--json ${quoted(JSON.stringify(body, null, 2))}` : `-H ${quoted(`Content-Type: ${type}`)} --data-raw ${quoted(`${body}`)}`),
  ].filter(Boolean).join(" \\\n  ");
}
