// The page: the gate first, then the list or one interview, as the address bar says. Looking at the page is no open; only the
// button is.
import { fetchContent, leave, path } from "./api.js";
import { forgetDrafts, hasDrafts } from "./drafts.js";
import { endFeedback, saveAll, saveDrafts } from "./feedback.js";
import { askForPasscode, showOver } from "./gate.js";
import { showInterview } from "./interview.js";
import { showList } from "./list.js";

const app = document.getElementById("app");
const gate = document.getElementById("gate");
const SAVING_MOST_MS = 5000;
const opened = `open:${path}`;
let content = null;
let isLeaving = false;
let close = () => {};

start();

async function start() {
  addEventListener("popstate", () => content && show());
  // A reload goes on in the same session; there is nothing to ask the server for before the first open.
  if (sessionStorage.getItem(opened) && !location.hash) {
    try {
      return enter(await fetchContent());
    } catch {
      sessionStorage.removeItem(opened);
    }
  }
  askForPasscode(enter);
}

function enter(fetched) {
  content = fetched;
  sessionStorage.setItem(opened, "1");
  gate.hidden = true;
  app.hidden = false;
  if (!content.settings.disable_feedback) {
    saveDrafts(content.interviews, end);
  }
  show();
}

function show() {
  const wanted = new URLSearchParams(location.search).get("interview");
  const place = content.interviews.findIndex((each) => each.id === wanted);
  close();
  close = (place < 0 ? showList : showInterview)(app, { content, place, go, end, leave: goAway }) ?? (() => {});
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
  showOver(refusal, enter);
}

async function goAway() {
  if (isLeaving) {
    return;
  }
  isLeaving = true;
  await Promise.race([saveAll(), new Promise((resolve) => setTimeout(resolve, SAVING_MOST_MS))]);
  // A session that ended meanwhile has said so.
  if (content && (!hasDrafts() || confirm("Something that you have written is not saved yet, and would be lost. Leave all the same?"))) {
    endFeedback();
    close();
    close = () => {};
    app.hidden = true;
    forgetDrafts();
    sessionStorage.removeItem(opened);
    await leave().catch(() => {});
    location.assign(location.pathname);
  }
  isLeaving = false;
}
