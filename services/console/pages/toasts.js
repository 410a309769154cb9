// Says that somebody has opened a link or given feedback: three at most, gone after some seconds, where no field lies below.
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";

const MOST = 3;
const SHOWN_MS = 8000;
const KEYS = { "link.opened": "console.toast_opened", "review.submitted": "console.toast_reviewed", "review.completed": "console.toast_done" };
const box = document.getElementById("toasts");

export async function announce(event, { call }) {
  const key = KEYS[event.type];
  if (!key || !event.share_link_id || !event.reviewer_id) {
    return;
  }
  const link = await named(call, event.share_link_id);
  const reviewer = link?.reviewers.find(({ id }) => id === event.reviewer_id);
  if (reviewer) {
    put(t(key, { reviewer: reviewer.name, title: link.title }));
  }
}

async function named(call, id) {
  try {
    const answer = await call("GET", `/v1/share-links/${id}`);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // no news is no fault
  }
}

function put(text) {
  const toast = h("p", { class: "toast", dir: "auto" }, text);
  box.append(toast);
  while (box.children.length > MOST) {
    box.firstElementChild.remove();
  }
  setTimeout(() => toast.remove(), SHOWN_MS);
}
