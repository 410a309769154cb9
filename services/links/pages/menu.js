// The list of calls beside the page, its search and its keys: / searches, Esc clears, arrows go from call to call.
import { badge, pathOf } from "./call.js";
import { fill, h } from "./dom.js";
import { folded, wordsOf } from "./text.js";

const FOUND_IN_MAX = 4;
const nav = document.getElementById("menu");
const search = nav.querySelector("input");
const list = document.getElementById("calls");
const toggle = document.getElementById("toggle");
let contract = null;
let current = "";

export function startMenu(given) {
  contract = given;
  search.disabled = false;
  search.addEventListener("input", show);
  toggle.addEventListener("click", () => open(!isOpen()));
  addEventListener("keydown", onKey);
  show();
}

// Marks where the reader is.
export function mark(hash) {
  current = hash;
  for (const link of list.querySelectorAll("a")) {
    if (link.hash.slice(1) !== hash) {
      link.removeAttribute("aria-current");
    } else {
      link.setAttribute("aria-current", "page");
      const below = link.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
      list.scrollTop += below > 0 ? below + list.clientHeight / 2 : 0;
    }
  }
}

const isOpen = () => nav.classList.contains("open");

// On a phone the list unfolds.
export function open(should) {
  toggle.setAttribute("aria-expanded", should);
  nav.classList.toggle("open", should);
}

function show() {
  const words = wordsOf(search.value);
  const groups = contract.groups.map((group) => [group.name, group.calls.filter((call) => words.every((word) => call.words.includes(word)))]).filter(([, calls]) => calls.length);
  const number = groups.reduce((sum, [, calls]) => sum + calls.length, 0);
  document.getElementById("found").textContent = !words.length ? "" : number ? `${number} of ${contract.byId.size}` : `Nothing has “${search.value.trim()}”. Try fewer words.`;
  fill(list,
    !words.length && h("ul", {}, h("li", {}, h("a", { href: "#" }, "Overview")), h("li", {}, h("a", { href: "#problem-codes" }, "Problem codes"))),
    groups.map(([name, calls]) => [h("h2", {}, name), h("ul", {}, calls.map((call) => h("li", {}, linkTo(call), words.length > 0 && reason(call, words))))]));
  mark(current);
}

export const linkTo = (call) => h("a", { href: `#${call.id}`, title: call.summary },
  badge(call.method), h("span", { class: "path" }, pathOf(call.path.replace(/^\/v1(?=\/)/, ""))));

// Why a call was found: its sentence, and the members that hold a word.
const reason = (call, words) => h("p", { class: "quiet" }, call.summary,
  call.names.filter((name) => words.some((word) => folded(name).includes(word))).slice(0, FOUND_IN_MAX).map((name) => [" ", h("code", {}, name)]));

function onKey(event) {
  const { key, target } = event;
  const links = [...list.querySelectorAll("a")];
  const isOfMenu = nav.contains(target);
  if (event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    open(true);
    search.select();
    search.focus();
  } else if (key === "Escape" && (search.value || isOfMenu)) {
    search.value = "";
    show();
    search.focus();
  } else if (key === "Enter" && target === search) {
    links[0]?.click();
  } else if (/^Arrow(Up|Down)$/.test(key) && isOfMenu) {
    const next = links.indexOf(target) + (key === "ArrowDown" ? 1 : -1);
    (next < 0 ? search : links[next])?.focus();
  } else {
    return;
  }
  event.preventDefault();
}
