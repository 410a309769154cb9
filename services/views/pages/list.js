// The list of candidates: how far one is, who is next, and a row for each that the search and the filters leave. The address keeps
// what was asked for; who comes back from a candidate finds the list as it was left.
import { fill, h } from "../../../common/pages/dom.js";
import { wordsOf } from "../../../common/pages/text.js";
import { nodes, t } from "../../../common/pages/words.js";
import { saysDone } from "./finish/told.js";
import { filtersOf } from "./list/filters.js";
import { linkTo } from "./links.js";
import { rowOf } from "./list/row.js";
import { rowsIn } from "./list/rows.js";
import { searchOf } from "./list/search.js";
import { foundIn, hasReview, isAnswered, isByNamesAlone, orderAnew, selectionOf, wishOf } from "./selection.js";
import { momentOf } from "./times.js";


let left = null; // {id, top, address}: the row that was left for its candidate, and where it stood

export function showList(app, { content, go, end, leave }) {
  const cards = h("ul", { class: "cards", "aria-label": t("list.title") });
  const rows = rowsIn(cards);
  const status = h("p", { class: "found", role: "status" });
  const nothing = h("div", { class: "nothing", hidden: true });
  const path = h("div", { class: "path" });
  const heading = h("h1", { tabindex: "-1" }, nodes("list.heading", { count: content.total, sender: h("bdi", { dir: "auto" }, content.sender_name) }));
  const search = searchOf(wishOf().search, { change: (text) => go({ search: text }, "replace"), refresh, end });
  const filters = filtersOf(content, (changes) => {
    go(changes, "replace");
    refresh();
  });
  const isMany = content.total > 1;
  const known = new Map(); // id → {row, says}

  function refresh(upTo = 0) {
    orderAnew();
    const wish = wishOf();
    const { ids } = selectionOf(content);
    const by = new Map(content.interviews.map((each) => [each.id, each]));
    const words = wordsOf(wish.search);
    keepFocus(() => rows.show(ids, (id) => made(by.get(id), words), upTo));
    filters.show(wish);
    tell(ids.length, wish);
    fill(path, pathOf(content, go));
  }

  // One that would say the same is taken as it is: its picture stays where it is, and its link says what is asked for by now.
  function made(interview, words) {
    const { id, watched, my_review } = interview;
    const says = [watched, my_review, foundIn(id), words.join(" ")];
    const before = known.get(id);
    if (before?.says.every((each, at) => each === says[at])) {
      const { href } = linkTo({ interview: id }, go);
      before.row.querySelectorAll("a").forEach((each) => each.setAttribute("href", href));
      return before.row;
    }
    const row = rowOf(interview, { words, found_in: foundIn(id), go });
    known.set(id, { row, says });
    return row;
  }

  function keepFocus(change) {
    const focused = cards.contains(document.activeElement) ? document.activeElement.closest(".card").dataset.id : null;
    change();
    if (focused && !cards.contains(document.activeElement)) {
      (cardOf(focused)?.querySelector("a") ?? heading).focus({ preventScroll: true });
    }
  }

  // What was saved meanwhile, in another tab or of what was left before it was saved, stands in its row; nothing moves.
  function noted(id) {
    const interview = content.interviews.find((each) => each.id === id);
    if (interview) {
      keepFocus(() => cardOf(id)?.replaceWith(made(interview, wordsOf(wishOf().search))));
      const isOnPath = path.contains(document.activeElement);
      fill(path, pathOf(content, go));
      if (isOnPath) {
        path.querySelector("a")?.focus({ preventScroll: true });
      }
    }
  }

  const cardOf = (id) => [...cards.children].find((each) => each.dataset.id === id);

  function tell(found, wish) {
    const isNarrowed = NARROWS.some((name) => wish[name]);
    const isByFilter = NARROWS.some((name) => name !== "search" && wish[name]);
    status.className = isNarrowed ? "found" : "found unseen";
    status.textContent = [
      found === 0 && isNarrowed ? saysNothing(wish.search, isByFilter)
        : isNarrowed ? t("list.some", { found, count: content.total }) : t("list.all", { count: content.total }),
      isByNamesAlone() && t("list.names_alone")].filter(Boolean).join(" ");
    nothing.hidden = found > 0 || !isNarrowed;
    fill(nothing,
      wish.search && h("button", { type: "button", onclick: search.clear }, t("list.clear_search")),
      isByFilter && h("button", { type: "button", onclick: clearFilters }, t("list.clear_filters")));
  }

  function clearFilters() {
    go(Object.fromEntries(NARROWS.filter((name) => name !== "search").map((name) => [name, ""])), "replace");
    refresh();
    heading.focus();
  }

  function press(event) {
    if (event.key === "/" && !event.target.closest?.("input, textarea, select")) {
      event.preventDefault();
      search.field.focus();
    }
  }

  // Where the list is left for a candidate, by whichever way.
  function note(event) {
    const card = event.target.closest(".card");
    if (card) {
      left = { id: card.dataset.id, top: card.getBoundingClientRect().top, address: JSON.stringify(wishOf()) };
    }
  }

  const printAll = () => rows.all();
  fill(app,
    h("header", { class: "head" },
      h("div", { class: "top" }, heading, h("button", { class: "plain", type: "button", onclick: leave }, t("list.leave"))),
      content.expires_at && h("p", { class: "hint until" }, t("list.until", { moment: momentOf(content.expires_at) })),
      path),
    isMany && h("form", { class: "narrow", role: "search", onsubmit: (event) => {
      event.preventDefault();
      search.now();
    } }, h("div", { class: "line" }, search.field, filters.button), filters.panel, filters.chips),
    status, nothing, content.total === 0 && h("p", { class: "empty" }, nodes("list.empty", { sender: h("bdi", { dir: "auto" }, content.sender_name) })), cards,
    !content.settings.disable_feedback && content.total > 0 && h("footer", { class: "foot" },
      saysDone(content), h("a", linkTo({ view: "finish" }, go), t("list.see_end"))));
  cards.addEventListener("click", note);
  addEventListener("keydown", press);
  addEventListener("beforeprint", printAll);
  document.title = t("list.title");
  comeBack();
  if (!isAnswered()) {
    search.ask();
  }

  // The row that was left has the focus again, and stands where it stood; else the heading has it.
  function comeBack() {
    const place = left?.address === JSON.stringify(wishOf()) ? selectionOf(content).ids.indexOf(left.id) : -1;
    refresh(place + 12);
    const card = cardOf(left?.id);
    if (place < 0 || !card) {
      heading.focus({ preventScroll: true });
      scrollTo(0, 0);
    } else {
      card.querySelector("a").focus({ preventScroll: true });
      const stand = () => scrollBy(0, card.getBoundingClientRect().top - left.top);
      stand();
      requestAnimationFrame(stand); // rows above it have their own height by now
    }
  }

  return Object.assign(() => {
    search.stop();
    rows.stop();
    removeEventListener("keydown", press);
    removeEventListener("beforeprint", printAll);
  }, { noted });
}

const NARROWS = ["search", "job", "type", "reviewed", "min_rating"];

function saysNothing(search, isByFilter) {
  return search ? t(isByFilter ? "list.none_found_so" : "list.none_found", { search }) : t("list.none_fit");
}

// How far one is, and the way on.
function pathOf(content, go) {
  if (content.settings.disable_feedback || content.total === 0) {
    return null;
  }
  const count = content.interviews.length;
  const reviewed = content.interviews.filter(({ my_review }) => hasReview(my_review)).length;
  const words = t("list.progress", { reviewed, count });
  const next = selectionOf(content).nextNotReviewed(null);
  const name = next && content.interviews.find(({ id }) => id === next).candidate.display_name;
  return [
    h("div", { class: "progress" }, h("p", { id: "progress" }, words), h("progress", { value: String(reviewed), max: String(count), "aria-labelledby": "progress" })),
    next ? h("a", { class: "button primary next", ...linkTo({ interview: next }, go), title: name }, nodes("list.next", { name: h("bdi", { dir: "auto" }, name) }))
      : reviewed === count && h("a", { class: "button primary next", ...linkTo({ view: "finish" }, go) }, t("list.see_end")),
  ];
}
