// One's feedback is loaded when it is needed: when an interview or the end is shown, or when there are drafts to save. Until then there is
// nothing of it in this page but what other tabs tell of what they have saved.
import { forgetDrafts, hasDrafts, keptNote, tidyDrafts } from "./drafts.js";
import { tabsOf } from "./tabs.js";

let session = null; // {end, noteReview}, from when the reader is in until the session ends
let begun = null; // feedback.js, in this session
let tabs = null;

export function beginFeedback(over) {
  session = over;
  tabs = tabsOf(({ interview, row }) => interview && over.noteReview(interview, row));
  tidyDrafts();
  if (hasDrafts()) {
    needFeedback().catch((fault) => console.error(fault)); // eslint-disable-line no-console
  }
}

// Once it is here it hears of other tabs by itself.
export async function needFeedback() {
  const over = session;
  const feedback = await import("./feedback.js");
  if (over && over === session && !begun) {
    begun = feedback;
    tabs.close();
    feedback.beginFeedback(over);
  }
}

export const saveAll = async () => begun?.saveAll();
export const hasUnsaved = () => Boolean(keptNote()) || (begun?.hasUnsaved() ?? hasDrafts());

export function endFeedback() {
  begun?.endFeedback();
  stop();
}

export function leaveFeedback() {
  begun?.leaveFeedback();
  forgetDrafts();
  stop();
}

function stop() {
  tabs?.close();
  session = begun = tabs = null;
}
