// What was written and is not saved yet, kept in this tab alone, until it is saved or the reader leaves.
import { path } from "./api.js";

const keyOf = (interview) => `draft:${path}:${interview}`;

export function keepDraft(interview, draft) {
  try {
    sessionStorage.setItem(keyOf(interview), JSON.stringify(draft));
  } catch {
    // No room, or not allowed: the text still stands in the form.
  }
}

export const draftOf = (interview) => JSON.parse(sessionStorage.getItem(keyOf(interview)) ?? "null");
export const dropDraft = (interview) => sessionStorage.removeItem(keyOf(interview));

export const hasDrafts = () => Object.keys(sessionStorage).some((key) => key.startsWith(`draft:${path}:`));

export function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(`draft:${path}:`)) {
      sessionStorage.removeItem(key);
    }
  }
}
