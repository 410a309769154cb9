// The contract for people: /openapi.json, fetched once, as an overview or as one call, by the fragment of the address.
import { callView } from "./call.js";
import { contractOf, resolved, textOf } from "./contract.js";
import { count, fill, h } from "./dom.js";
import { inline, markdown } from "./markdown.js";
import { linkTo, mark, open, startMenu } from "./menu.js";
import { code, folding, rowsOf } from "./schema.js";

const main = document.getElementById("main");
const places = new Map(); // how far down each view was read
let contract = null;
let shown = null;
let isNew = false; // whether the reader asked for it, or went back to it

load();

async function load() {
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    contract = contractOf(await answer.json());
  } catch (fault) {
    const reason = fault instanceof TypeError ? "the server cannot be reached" : fault instanceof SyntaxError ? "what came is no JSON" : fault.message;
    return fill(main, h("h1", {}, "The contract cannot be shown"), h("p", { role: "alert" }, `It could not be fetched: ${reason}.`),
      h("p", {}, h("button", { type: "button", onclick: load }, "Try again"), " ", h("a", { href: "/openapi.json" }, "openapi.json")));
  }
  contract.info.title ??= "API";
  document.getElementById("title").textContent = contract.info.title;
  document.getElementById("version").textContent = contract.info.version;
  startMenu(contract);
  addEventListener("hashchange", show);
  addEventListener("scroll", () => places.set(shown, scrollY), { passive: true });
  addEventListener("click", (event) => { isNew ||= event.target.closest("a[href^='#']") !== null; });
  addEventListener("beforeprint", () => main.querySelectorAll("details").forEach((each) => { each.open = true; }));
  show();
}

function show() {
  const wanted = location.hash.slice(1);
  const isFirst = shown === null;
  if (wanted === "main") {
    return; // the content, skipped to
  }
  const call = contract.byId.get(wanted);
  shown = wanted;
  fill(main, call ? callView(contract, call) : wanted === "problem-codes" ? codesView() : wanted === "all" ? allView() : overview(wanted));
  document.title = `${call ? `${call.method.toUpperCase()} ${call.path}` : main.querySelector("h1").textContent} · ${contract.info.title}`;
  mark(wanted);
  if (!isFirst) {
    open(false);
    main.querySelector("h1").focus({ preventScroll: true });
    scrollTo(0, isNew ? 0 : places.get(wanted) ?? 0);
  }
  isNew = false;
}

function overview(wanted) {
  const { info, servers, document } = contract;
  const keys = Object.values(document.components?.securitySchemes ?? {}).map((each) => resolved(contract, each).description);
  const fact = (name, ...what) => [h("dt", { class: "quiet" }, name), h("dd", {}, what)];
  return h("article", {},
    h("h1", { tabindex: "-1" }, info.title),
    wanted && h("p", { role: "alert", class: "bad" }, `There is no call “${wanted}” in this version.`),
    h("p", {}, info.summary),
    h("dl", { class: "facts" }, fact("Version", info.version), servers.map((each) => fact("Server", code(textOf(each.url)), " ", inline(textOf(each.description)))),
      fact("Document", h("a", { href: "/openapi.json" }, "openapi.json"), " for your tools; ", h("a", { href: "#all" }, "all of it on one page"), " to print.")),
    h("div", { class: "told" }, markdown(info.description), keys.length > 0 && [h("h2", {}, "Keys"), keys.map(markdown)]),
    contract.groups.map((group) => h("section", {}, h("h2", {}, group.name), markdown(group.description), indexOf(group.calls, true))));
}

const indexOf = (calls, isTold) => h("ul", { class: "index" }, calls.map((call) => h("li", {}, linkTo(call), isTold && h("span", { class: "quiet" }, call.summary))));

function codesView() {
  const rows = (isOfFault) => rowsOf(contract.codes.filter((each) => each.isOfFault === isOfFault).map((each) => h("li", {},
    h("p", { class: "head" }, h("code", { class: "name" }, each.code), h("span", { class: "type" }, [...each.statuses].filter(Number).join(", "))),
    h("div", { class: "about" }, markdown(each.text && each.text[0].toUpperCase() + each.text.slice(1))),
    folding(`told by ${count(each.calls.size, "call", "calls")}`, indexOf([...each.calls])))));
  return h("article", {}, h("h1", { tabindex: "-1" }, "Problem codes"),
    h("p", {}, "Each refusal is a problem (RFC 9457). Decide by its ", code("code"), "; the words beside it may change."), rows(false),
    h("h2", {}, "Codes of single faults"), h("p", {}, "A 422 lists all faults in ", code("errors"), ", each with its own code."), rows(true));
}

const allView = () => [overview(), codesView(), [...contract.byId.values()].map((call) => callView(contract, call))];
