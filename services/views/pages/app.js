// What comes after the gate: the list, one interview or the end, as the address bar says.
import { h, fill } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { leave } from "./api.js";
import { forgetOpen, onLeft } from "./browser.js";
import { beginFeedback, endFeedback, hasUnsaved, leaveFeedback, saveAll } from "./later.js";
import { askNoMore, asksToLeave, sayGoodbye } from "./leave.js";
import { searchAnew } from "./selection.js";
import { dress, load } from "./views.js";

const app = document.getElementById("app");
const gate = document.getElementById("gate");
const SAVING_MOST_MS = 5000;
let content = null;
let isLeaving = false;
let close = () => {}; // of the view that is shown; close.noted(id), where it has one, shows what was saved of an interview
let shown = 0;
let here = ""; // what the address says of the view that is shown
let isTouched = false; // somebody has asked for what is shown: so it may play, however long it took to come
let scrolled = 0; // where the list was left
let backToGate = () => {};

// A jump within the page, to its content, shows nothing else.
addEventListener("popstate", () => {
  if (content && location.search !== here) {
    isTouched = false;
    show();
  }
});
const tellOtherTabs = onLeft(() => content && sayLeft(true, true));

// All that the first view needs.
export const prepare = () => load(wanted().view);

// over: back to the gate, with the Refusal that ended the session.
export async function enter(fetched, over) {
  content = fetched;
  backToGate = over;
  isTouched = navigator.userActivation?.hasBeenActive ?? false;
  if (content.total === 1 && wanted().view === "list") {
    go({ interview: content.interviews[0].id }, "replace");
  }
  if (!content.settings.disable_feedback) {
    beginFeedback({ end, noteReview });
  }
  await show();
}

function wanted() {
  const address = new URLSearchParams(location.search);
  const id = address.get("interview");
  const place = id && content ? content.interviews.findIndex((each) => each.id === id) : -1;
  const view = id && (place >= 0 || !content) ? "interview" : address.get("view") === "finish" ? "finish" : "list";
  return { view, place };
}

// Views come when they are needed; of two that are asked for in a row the second is shown.
async function show() {
  const turn = ++shown;
  here = location.search;
  const { view, place } = wanted();
  try {
    const [showView] = await Promise.all([load(view),
      view === "interview" ? searchAnew().catch((fault) => fault.isTheEnd && end(fault)) : null]);
    if (content && turn === shown) {
      put(showView, view, place);
    }
  } catch (fault) {
    if (content && turn === shown) {
      sayNotLoaded();
    }
    console.error(fault); // eslint-disable-line no-console
  }
}

function put(showView, view, place) {
  close();
  gate.hidden = true;
  app.hidden = false;
  document.body.dataset.session = "shown";
  document.body.dataset.view = view;
  dress(view);
  close = showView(app, { content, place, starts: isTouched, go, end, leave: goAway, noteReview, noteWatched, noteDone }) ?? (() => {});
  scrollTo({ top: view === "list" ? scrolled : 0, behavior: "instant" });
}

// A module that did not come is not asked for again until the page is loaded anew; the session goes on.
function sayNotLoaded() {
  close();
  close = () => {};
  document.body.dataset.session = "shown";
  gate.hidden = true;
  app.hidden = false;
  const heading = h("h1", { tabindex: "-1" }, t("gate.not_loaded"));
  fill(app, h("section", { class: "gate" }, heading,
    h("p", {}, h("button", { type: "button", class: "primary", onclick: () => location.reload() }, t("gate.load_again")))));
  heading.focus();
}

// changes: parameters of the address, null for none. kind: "push" for another view, "replace" within one.
function go(changes, kind = "push") {
  const address = new URL(location.href);
  if (kind === "push" && document.body.dataset.view === "list") {
    scrolled = scrollY;
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value) {
      address.searchParams.set(name, value);
    } else {
      address.searchParams.delete(name);
    }
  }
  history[`${kind}State`](null, "", address);
  here = address.search;
  if (kind === "push") {
    isTouched = true;
    show();
  }
}

// The rows know what was done meanwhile, so that the list and the end need not ask. Whoever was told that all is done is told so no more
// when something was saved after it.
const rowOf = (id) => content?.interviews.find((each) => each.id === id) ?? {};

function noteReview(id, review) {
  rowOf(id).my_review = review;
  if (content?.done_at && !(review && Date.parse(review.updated_at) <= Date.parse(content.done_at))) {
    Object.assign(content, { done_at: null, is_taken_back: true });
  }
  close.noted?.(id);
}

function noteWatched(id, answers) {
  const row = rowOf(id);
  row.watched = { ...row.watched, answers };
  close.noted?.(id);
}

function noteDone(doneAt) {
  if (content) {
    Object.assign(content, { done_at: doneAt, is_taken_back: false });
  }
}

// The session or the link ended in the middle. Drafts stay, and are saved after the next open.
function end(refusal) {
  if (content && refusal.isLeft) {
    sayLeft(true, true);
  } else if (content) {
    endFeedback();
    empty();
    app.hidden = true;
    gate.hidden = false;
    backToGate(refusal);
  }
}

function empty() {
  askNoMore();
  close();
  close = () => {};
  content = null;
  app.replaceChildren();
}

async function goAway() {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  await Promise.race([saveAll(), new Promise((resolve) => setTimeout(resolve, SAVING_MOST_MS))]);
  // A session that ended meanwhile has said so.
  if (content && await asksToLeave(hasUnsaved()) && content) {
    const isEnded = await leave().then(() => true, () => false);
    tellOtherTabs();
    sayLeft(false, isEnded);
  }
  isLeaving = false;
}

function sayLeft(isElsewhere, isEnded) {
  leaveFeedback();
  forgetOpen();
  empty();
  app.hidden = false;
  history.replaceState(null, "", location.pathname);
  sayGoodbye(app, isElsewhere, isEnded);
}
