// What is said in an answer, beside the picture: the line that is spoken is marked, a word jumps to its second, and a search marks what
// was said. It scrolls within its own box, and not while the reader has scrolled it.
import { fill, h } from "../../../../common/pages/dom.js";
import { folded, wordsOf } from "../../../../common/pages/text.js";
import { t } from "../../../../common/pages/words.js";
import { marked } from "../marked.js";
import { reveal } from "./stepper.js";
import { minutes } from "../times.js";

// lines: [{start, end, text}]. search: what to look for, as typed. jump(seconds)
export function transcriptOf(lines, { language, search, jump }) {
  let now = -1;
  let tabbed = 0; // the line that the tabulator comes to
  let isFollowing = true;
  let found = [];
  let at = -1; // of those found

  const rows = lines.map((line, index) => {
    const text = h("span", { class: "said", dir: "auto", lang: language }, line.text);
    const button = h("button", { type: "button", class: "line", tabindex: index ? "-1" : "0", onclick: (event) => choose(index, event) },
      h("span", { class: "at" }, minutes(Math.floor(line.start))), text);
    return { line, text, button };
  });
  const box = h("div", { class: "lines-box", role: "group", "aria-label": t("stage.transcript") }, rows.map(({ button }) => button));
  const field = h("input", { type: "search", "aria-label": t("stage.search_transcript"), placeholder: t("stage.search_transcript"), value: search,
    oninput: () => look(field.value), onkeydown: (event) => event.key === "Enter" && nextFound() });
  const status = h("span", { class: "hint", role: "status" });
  const more = h("button", { class: "plain", type: "button", hidden: true, onclick: () => nextFound() }, t("stage.next_match"));
  const follow = h("button", { class: "plain follow", type: "button", hidden: true, onclick: () => followAgain() }, t("stage.follow"));
  const element = h("div", { class: "transcript" }, h("div", { class: "looking", role: "search" }, field, status, more), box, follow);

  function choose(index, event) {
    isFollowing = true;
    follow.hidden = true;
    tabTo(index);
    jump(secondOf(rows[index], event));
  }

  function tabTo(index) {
    rows[tabbed].button.tabIndex = -1;
    tabbed = index;
    rows[tabbed].button.tabIndex = 0;
  }

  function followAgain() {
    isFollowing = true;
    box.focus();
    rows[tabbed].button.focus({ preventScroll: true });
    follow.hidden = true;
    if (now >= 0) {
      reveal(box, rows[now].button);
    }
  }

  function scrolled() {
    isFollowing = false;
    follow.hidden = now < 0;
  }

  box.addEventListener("wheel", scrolled, { passive: true });
  box.addEventListener("touchmove", scrolled, { passive: true });
  box.addEventListener("pointerdown", (event) => event.target === box && scrolled()); // its scroll bar
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const to = { Home: 0, End: rows.length - 1 }[event.key] ?? (step ? tabbed + step : -1);
    if (rows[to]) {
      event.preventDefault();
      scrolled();
      tabTo(to);
      rows[to].button.focus({ preventScroll: true });
      reveal(box, rows[to].button);
    }
  });

  function show(seconds) {
    const index = lineAt(lines, seconds, now);
    if (index === now) {
      return;
    }
    rows[now]?.button.removeAttribute("aria-current");
    now = index;
    if (rows[now]) {
      rows[now].button.setAttribute("aria-current", "true");
      if (!box.contains(document.activeElement)) {
        tabTo(now);
      }
      if (isFollowing) {
        reveal(box, rows[now].button);
      }
    }
  }

  function look(typed) {
    const words = wordsOf(typed);
    found = [];
    rows.forEach((row, index) => {
      const parts = marked(row.line.text, words);
      const isFound = parts.some((part) => typeof part !== "string");
      if (isFound) {
        found.push(index);
      }
      if (isFound || row.isMarked) {
        fill(row.text, parts);
      }
      row.isMarked = isFound;
    });
    at = -1;
    more.hidden = found.length === 0;
    status.textContent = words.length ? t("stage.matches", { count: found.length }) : "";
    if (found.length > 0) {
      showFound(0);
    }
  }

  function showFound(place) {
    at = place;
    isFollowing = false;
    tabTo(found[at]);
    reveal(box, rows[found[at]].button);
  }

  function nextFound() {
    if (found.length > 0) {
      showFound((at + 1) % found.length);
      jump(rows[found[at]].line.start);
    }
  }

  if (search) {
    look(search);
  }
  return { element, show, search: () => field.focus() };
}

// The second of the first line that holds all words that were searched, else the most telling; null when there is none.
export function firstMatch(lines, search) {
  const words = wordsOf(search ?? "");
  const counted = (lines ?? []).map(({ text }) => words.filter((word) => folded(text).includes(word)).length);
  const most = Math.max(0, ...counted);
  return most > 0 ? { start: lines[counted.indexOf(most)].start, words: most } : null;
}

function lineAt(lines, seconds, near) {
  const holds = (index) => lines[index] && lines[index].start <= seconds && seconds < lines[index].end;
  return [near, near + 1].find(holds) ?? lines.findIndex((_, index) => holds(index));
}

// A click on a word goes to about where it is said; by keyboard, to the start of the line.
function secondOf({ line, text }, event) {
  const node = event.detail && document.caretRangeFromPoint?.(event.clientX, event.clientY);
  if (!node || !text.contains(node.startContainer)) {
    return line.start;
  }
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(node.startContainer, node.startOffset);
  const said = before.toString().replace(/\S*$/, "").length;
  return line.start + (Math.max(line.end, line.start) - line.start) * (said / Math.max(1, line.text.length));
}
