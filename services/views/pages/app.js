// What comes after the gate: the list, one interview or the end, as the address bar says.
import { leave, path } from "./api.js";
import { beginFeedback, endFeedback, hasUnsaved, leaveFeedback, saveAll } from "./feedback.js";
import { searchAnew } from "./selection.js";

const VIEWS = { showList: () => import("./list.js"), showInterview: () => import("./interview.js"), showFinish: () => import("./finish.js") };
const app = document.getElementById("app");
const gate = document.getElementById("gate");
const SAVING_MOST_MS = 5000;
const opened = `open:${path}`;
let content = null;
let isLeaving = false;
let close = () => {};
let shown = 0;
let backToGate = () => {};

// over: back to the gate, with the Refusal that ended the session.
export function enter(fetched, over) {
  content = fetched;
  backToGate = over;
  sessionStorage.setItem(opened, "1");
  gate.hidden = true;
  app.hidden = false;
  if (!content.settings.disable_feedback) {
    beginFeedback({ end, noteReview });
  }
  show();
}

addEventListener("popstate", () => content && show());

// Views come when they are needed; of two that are asked for in a row the second is shown.
async function show() {
  const turn = ++shown;
  const wanted = new URLSearchParams(location.search);
  const place = content.interviews.findIndex((each) => each.id === wanted.get("interview"));
  const name = place >= 0 ? "showInterview" : wanted.get("view") === "finish" ? "showFinish" : "showList";
  const [view] = await Promise.all([VIEWS[name](), style("app.css"), place >= 0 ? searchAnew().catch((fault) => fault.isTheEnd && end(fault)) : null]);
  if (content && turn === shown) {
    close();
    close = view[name](app, { content, place, go, end, leave: goAway, noteReview, noteWatched, noteDone }) ?? (() => {});
  }
}

// A review was saved: its row says so, and whoever was told that all is done is told so no more.
function noteReview(id, review) {
  const row = content?.interviews.find((each) => each.id === id);
  if (row) {
    row.my_review = review;
  }
  if (content?.done_at && !(review && Date.parse(review.updated_at) <= Date.parse(content.done_at))) {
    Object.assign(content, { done_at: null, is_taken_back: true });
  }
}

function noteDone(time) {
  Object.assign(content, { done_at: time, is_taken_back: false });
}

function style(name) {
  const href = new URL(name, import.meta.url).href;
  if ([...document.styleSheets].some((each) => each.href === href)) {
    return null;
  }
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}

// changes: parameters of the address, null for none. kind: "push" for another view, "replace" within one.
function go(changes, kind = "push") {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value) {
      address.searchParams.set(name, value);
    } else {
      address.searchParams.delete(name);
    }
  }
  history[`${kind}State`](null, "", address);
  if (kind === "push") {
    show();
  }
}

function noteWatched(id, answers) {
  const row = content?.interviews.find((each) => each.id === id);
  if (row) {
    row.watched = { ...row.watched, answers };
  }
}

// The session or the link ended in the middle. Drafts stay, and are saved after the next open.
function end(refusal) {
  endFeedback();
  close();
  close = () => {};
  content = null;
  sessionStorage.removeItem(opened);
  app.hidden = true;
  app.replaceChildren();
  gate.hidden = false;
  backToGate(refusal);
}

async function goAway() {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  await Promise.race([saveAll(), new Promise((resolve) => setTimeout(resolve, SAVING_MOST_MS))]);
  // A session that ended meanwhile has said so.
  if (content && (!hasUnsaved() || confirm("Something that you have written is not saved yet, and would be lost. Leave all the same?"))) {
    leaveFeedback();
    close();
    close = () => {};
    app.hidden = true;
    sessionStorage.removeItem(opened);
    await leave().catch(() => {});
    location.assign(location.pathname);
  }
  isLeaving = false;
}
