// The end: one's own reviews side by side, to compare, to change and to print, and the word that one is done.
import { choice, fill, h } from "../../../common/pages/dom.js";
import { inOrder } from "../../../common/pages/text.js";
import { nodes, t } from "../../../common/pages/words.js";
import { doneOf } from "./finish/done.js";
import { editorOf } from "./finish/editor.js";
import { growing } from "./finish/growing.js";
import { linkTo } from "./links.js";
import { printReviews } from "./finish/paper.js";
import { portrait, stars } from "./parts.js";
import { hasReview, selectionOf } from "./selection.js";
import "./shared.js";

const SCORES_MAX = 12; // of an interview whose answers have no stars at all
const RECOMMENDATIONS = ["strong_no", "no", "yes", "strong_yes"];

// What columns are compared by; the best comes first where there is one.
const COLUMNS = [
  { name: "candidate", value: ({ candidate }) => candidate?.display_name || null, first: "" },
  { name: "answers", value: ({ my_review }) => mean(my_review?.answer_ratings), first: "-" },
  { name: "overall", value: ({ my_review }) => my_review?.rating ?? null, first: "-" },
  { name: "recommendation", value: ({ my_review }) => orNull(RECOMMENDATIONS.indexOf(my_review?.recommendation)), first: "-" },
];

export function showFinish(app, context) {
  const { content, go, leave } = context;
  const heading = h("h1", { tabindex: "-1" });
  const top = h("header", { class: "head" }, h("p", { class: "top to-list" }, h("a", linkTo({}, go), h("span", { class: "arrow", "aria-hidden": "true" }, "‹ "), t("finish.back")),
    h("button", { class: "plain", type: "button", onclick: leave }, t("list.leave"))), heading);
  document.title = t("finish.title");
  const close = content.settings.disable_feedback ? showLast(app, top, heading) : showReviews(app, top, heading, context);
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  return close;
}

function showLast(app, top, heading) {
  heading.textContent = t("finish.last");
  fill(app, top);
  return () => {};
}

function showReviews(app, top, heading, { content, go, end, noteReview, noteDone }) {
  const isNarrow = matchMedia("(max-width: 47.99rem)");
  const place = h("div", { class: "reviews" });
  const next = h("p", { class: "next-open" });
  const status = h("p", { class: "found", role: "status" });
  const done = doneOf(content, { noteDone, end });
  const print = h("button", { type: "button", onclick: () => printReviews(ordered(content.interviews), { say: (text) => status.textContent = text, end, isOver: () => isClosed }) }, t("finish.print"));
  let list = null; // the rows that are there
  let isClosed = false;
  let editor = null; // {id, …}: one review is changed at a time

  // How far one is, and the way on.
  function refresh() {
    const count = content.interviews.length;
    const reviewed = content.interviews.filter(({ my_review }) => hasReview(my_review)).length;
    heading.textContent = t("finish.heading", { reviewed, count });
    const id = selectionOf(content).nextNotReviewed(null);
    const name = id && content.interviews.find((each) => each.id === id).candidate?.display_name;
    keepFocus(next, () => fill(next, id && h("a", linkTo({ interview: id }, go), nodes("finish.next", { name: h("bdi", { dir: "auto" }, name) }))));
    done.refresh();
  }

  // What had the focus and is made anew has it again.
  function keepFocus(part, change) {
    const at = [...part.querySelectorAll("a")].indexOf(document.activeElement);
    change();
    if (at >= 0) {
      (part.querySelectorAll("a")[at] ?? heading).focus({ preventScroll: true });
    }
  }

  // What is being changed keeps its fields and the focus.
  function showRows() {
    const rows = ordered(content.interviews);
    const active = document.activeElement;
    const made = isNarrow.matches ? cardsOf(rows, sort) : tableOf(sort);
    list?.stop();
    list = growing(made.rows);
    fill(place, made.elements, list.end);
    list.show(rows, (row) => made.rowOf(row, { go, editor, change }), rows.findIndex(({ id }) => id === editor?.id) + 1);
    if (editor?.element.contains(active)) {
      active.focus({ preventScroll: true });
    }
  }

  function sort(by) {
    go({ by }, "replace");
    showRows();
    const column = by.replace("-", "");
    status.textContent = t("finish.sorted", { column: column ? t(`finish.${column}`) : t("finish.as_shared") });
    place.querySelector(column ? `[data-column=${column}] button` : "button")?.focus();
  }

  // Nothing but its own row is made anew.
  function change(id) {
    const before = editor;
    before?.stop();
    editor = before?.id === id ? null : editorOf(content.interviews.find((each) => each.id === id), { end, noteReview, changed: () => reviewed(id), close: () => change(id) });
    (before?.element.closest(".editing") ?? before?.element)?.remove();
    new Set([before?.id, id].filter(Boolean)).forEach((each) => {
      const row = place.querySelector(`[data-row="${CSS.escape(each)}"]`);
      buttonOf(row)?.replaceWith(changeButton(content.interviews.find((one) => one.id === each), editor, change));
      if (editor?.id === each) {
        put(editor, row);
      }
    });
    (editor ? editor.element.querySelector(".opened") ?? editor.element : buttonOf(place.querySelector(`[data-row="${CSS.escape(id)}"]`)))?.focus();
  }

  // A review was saved: its cells say so, and what was told is told no more.
  function reviewed(id) {
    const row = content.interviews.find((each) => each.id === id);
    place.querySelectorAll(`[data-of="${CSS.escape(id)}"]`).forEach((cell) => keepFocus(cell, () => fill(cell, CELLS[cell.dataset.cell](row, go))));
    refresh();
  }

  fill(app, top, next, done.element, h("section", { class: "own", "aria-label": t("finish.title") },
    h("div", { class: "tools" }, print, status), place));
  refresh();
  showRows();
  isNarrow.addEventListener("change", showRows);
  const printAll = () => list.all();
  addEventListener("beforeprint", printAll);
  return Object.assign(() => {
    isClosed = true;
    editor?.stop();
    list.stop();
    removeEventListener("beforeprint", printAll);
    isNarrow.removeEventListener("change", showRows);
  }, { noted: reviewed });
}

// --- order ---

const sortOf = () => new URLSearchParams(location.search).get("by") ?? "";

function ordered(interviews) {
  const by = sortOf();
  const column = COLUMNS.find(({ name }) => name === by.replace("-", ""));
  const sign = by.startsWith("-") ? -1 : 1;
  return column ? [...interviews].sort((a, b) => compare(column.value(a), column.value(b), sign)) : interviews;
}

function compare(a, b, sign) {
  if (a === null || b === null) {
    return (a === null) - (b === null);
  }
  return sign * (typeof a === "string" ? inOrder(a, b) : a - b);
}

const orNull = (index) => (index < 0 ? null : index);

function mean(ratings) {
  const given = (ratings ?? []).filter(Boolean);
  return given.length > 0 ? given.reduce((sum, each) => sum + each, 0) / given.length : null;
}

// --- a table, or cards where there is no room for one ---

// → {elements, rows: what the rows stand in, rowOf(row, {go, editor, change})}
function tableOf(sort) {
  const by = sortOf();
  const head = COLUMNS.map(({ name, first }) => {
    const isUp = by === name;
    const isDown = by === `-${name}`;
    const other = isUp ? `-${name}` : isDown ? name : first + name;
    return h("th", { scope: "col", "data-column": name, "aria-sort": isUp ? "ascending" : isDown ? "descending" : null },
      h("button", { class: "plain", type: "button", onclick: () => sort(other) }, t(`finish.${name}`), h("span", { class: "way", "aria-hidden": "true" }, isUp ? " ▲" : isDown ? " ▼" : "")));
  });
  const rows = h("tbody", {});
  return {
    elements: h("table", {}, h("thead", {}, h("tr", {}, head, h("th", { scope: "col" }, t("finish.comment")), h("td", {}))), rows),
    rows,
    rowOf: (row, { go, editor, change }) => [
      h("tr", { "data-row": row.id },
        h("th", { scope: "row" }, nameOf(row, go)),
        ["answers", "overall", "recommendation", "comment"].map((name) => h("td", { class: name, "data-of": row.id, "data-cell": name }, CELLS[name](row, go))),
        h("td", {}, changeButton(row, editor, change))),
      ...(editor?.id === row.id ? [editingRow(editor)] : [])],
  };
}

function cardsOf({ length }, sort) {
  const options = [["", t("finish.as_shared")], ...COLUMNS.map(({ name, first }) => [first + name, t(`finish.${name}`)])];
  const rows = h("ul", { class: "own-cards" });
  return {
    elements: [length > 1 && h("div", { class: "sorting" }, choice(t("finish.sort"), options, sortOf(), sort)), rows],
    rows,
    rowOf: (row, { go, editor, change }) => h("li", { "data-row": row.id },
      h("div", { class: "whose" }, portrait(row.candidate), h("h2", {}, nameOf(row, go)), changeButton(row, editor, change)),
      h("dl", {}, ["overall", "recommendation", "answers", "comment"].map((name) => h("div", { class: name },
        h("dt", { class: name === "comment" ? "unseen" : null }, t(`finish.${name}`)), h("dd", { "data-of": row.id, "data-cell": name }, CELLS[name](row, go))))),
      editor?.id === row.id && editor.element),
  };
}

const editingRow = (editor) => h("tr", { class: "editing" }, h("td", { colspan: "6" }, editor.element));
const buttonOf = (row) => row?.querySelector(".change");
const put = (editor, row) => (row?.matches("tr") ? row.after(editingRow(editor)) : row?.append(editor.element));

const nameOf = (row, go) => h("a", linkTo({ interview: row.id }, go), h("bdi", { dir: "auto" }, row.candidate?.display_name || t("list.nameless")));

function changeButton({ id, candidate }, editor, change) {
  const isOpen = editor?.id === id;
  return h("button", { class: "change", type: "button", "data-change": id, "aria-expanded": String(isOpen), "aria-label": isOpen ? null : t("finish.change_of", { name: candidate?.display_name ?? "" }),
    onclick: () => change(id) }, t(isOpen ? "finish.close" : "finish.change"));
}

// Each leads to its place. A long list does not tell the stars of each answer.
const CELLS = {
  answers: ({ id, my_review, question_count }, go) => {
    if (my_review && !my_review.answer_ratings) {
      return h("a", linkTo({ interview: id }, go), quiet("finish.answers_there"));
    }
    const ratings = my_review?.answer_ratings.length ? my_review.answer_ratings : Array(question_count || 0).fill(null);
    return ratings.length > SCORES_MAX && !ratings.some(Boolean) ? h("a", linkTo({ interview: id }, go), quiet("finish.no_stars")) : scoresOf(id, ratings, go);
  },
  overall: ({ id, my_review }, go) => h("a", linkTo({ interview: id }, go), my_review?.rating ? stars(my_review.rating, t("finish.stars", { rating: my_review.rating })) : quiet("finish.no_stars")),
  recommendation: ({ id, my_review }, go) => h("a", linkTo({ interview: id }, go),
    my_review?.recommendation ? h("span", { class: `advice ${my_review.recommendation}` }, t(`list.${my_review.recommendation}`)) : quiet("finish.no_recommendation")),
  comment: ({ id, my_review }, go) => h("a", { class: "said", ...linkTo({ interview: id }, go) },
    my_review?.comment ? h("bdi", { dir: "auto" }, my_review.comment.split("\n").find((line) => line.trim())) : quiet("finish.no_comment")),
};

const quiet = (key) => h("span", { class: "hint" }, t(key));

const scoresOf = (id, ratings, go) => h("ol", { class: "scores" }, ratings.map((rating, index) => {
  const number = index + 1;
  return h("li", {}, h("a", { class: rating ? "score" : "score none", ...linkTo({ interview: id, question: String(number) }, go),
    "aria-label": rating ? t("finish.answer", { number, rating }) : t("finish.answer_open", { number }) }, rating ? String(rating) : "–"));
}));
