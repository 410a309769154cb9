// One's own review of one interview: what it says now, what the server has of it, and how the one comes to be the other. Nothing that was
// written is thrown away: it is a draft from the first letter until it is saved, and merged with what was saved elsewhere.
import { fetchReview, saveReview } from "./api.js";
import { draftsOf, dropDraft, dropOthers, keepDraft } from "./drafts.js";
import { isEmpty, isSame, mergeReviews, ratingOn, textOf } from "./merge.js";

export const COMMENT_MOST = 10_000;
export const NOTE_MOST = 2_000;
const PAUSE_MS = 800;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30_000;
const REFUSED = [400, 403, 404, 413, 422];
const none = { version: 0, ...textOf({}) };

export const lengthOf = (text) => (text.length < NOTE_MOST ? text.length : [...text].length);

// over: { end(refusal), noteReview(id, review), tell(message) }
export function ownReview(interview, over) {
  const listeners = new Set();
  let base = interview.my_review ?? none; // what the server has, as far as we know
  let mine = textOf(base);
  let timer = 0;
  let failures = 0;
  let notBefore = 0; // as the server asked for
  let saving = null; // one at a time
  let sent = null; // what it saves
  let isOver = false;
  let isKept = true; // what is not saved is a draft
  let isMerged = false;
  let fault = null; // why the last try failed
  let refused = null; // what the server does not take; what differs from it is tried
  let said = null; // what was chosen last: { on: "answer" | "overall" | "recommendation", value }

  const isChanged = () => !isSame(mine, base);
  const isWaiting = () => !isOver && !isSame(fitting(), base) && !(refused && isSame(fitting(), refused));

  // A rating is said and saved at once; a text when its writer pauses.
  function change(changes, chosen = null) {
    mine = textOf({ ...mine, ...changes });
    said = chosen;
    isMerged = false;
    keep();
    plan(chosen ? 0 : PAUSE_MS);
    show();
  }

  function changeQuestion(id, changes, chosen) {
    const others = mine.question_ratings.filter((each) => each.question_id !== id);
    change({ question_ratings: [...others, { ...ratingOn(mine, id), ...changes }] }, chosen);
  }

  function keep() {
    if (isOver && isChanged()) {
      return; // as it was kept while it could be
    }
    isKept = isChanged() ? keepDraft(interview.id, { base: { ...textOf(base), version: base.version }, mine }) : (dropDraft(interview.id), true);
  }

  function plan(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }

  function save() {
    clearTimeout(timer);
    saving ??= attempt().finally(() => {
      saving = null;
      settle();
    });
    return saving;
  }

  async function attempt() {
    if (!isWaiting() || Date.now() < notBefore) {
      return;
    }
    sent = fitting();
    show();
    try {
      const saved = await saveReview(interview.id, sent, base.version);
      [fault, failures] = [null, 0];
      learn(saved, sent);
      over.tell({ kind: "saved", interview: interview.id, review: saved, row: rowOf(interview, saved) });
    } catch (problem) {
      await take(problem);
    }
    sent = null;
  }

  // What is too long waits; the rest need not wait with it.
  function fitting() {
    return textOf({
      ...mine,
      comment: lengthOf(mine.comment) > COMMENT_MOST ? base.comment : mine.comment,
      question_ratings: mine.question_ratings.map((each) => (lengthOf(each.note) > NOTE_MOST ? { ...each, note: ratingOn(base, each.question_id).note } : each)),
    });
  }

  // The server has this review now. was: what it is a change of.
  function learn(review, was = base) {
    mine = mergeReviews(textOf(was), mine, textOf(review));
    base = review;
    interview.my_review = base.version ? base : null;
    over.noteReview(interview.id, rowOf(interview, base));
  }

  async function take(problem) {
    if (isOver) {
      return;
    }
    if (problem.status === 412 || problem.status === 409) {
      await mergeCurrent(problem);
    } else if (problem.isTheEnd) {
      isOver = true;
      over.end(problem);
    } else {
      fault = problem;
      failures++;
      notBefore = Date.now() + (problem.retryAfter ?? 0) * 1000;
      if (REFUSED.includes(problem.status)) {
        refused = sent;
        dropUnknown(problem.errors);
      }
    }
  }

  async function mergeCurrent(problem) {
    try {
      const current = problem.current === undefined ? await fetchReview(interview.id) : problem.current;
      const before = mine;
      learn(current ?? none);
      isMerged = isMerged || !isSame(mine, before);
      [fault, failures] = [null, 0];
    } catch (again) {
      await take(again);
    }
  }

  // Questions that are hidden by now: what was said about them is kept where it is, and must not hold up the rest.
  function dropUnknown(errors) {
    const gone = errors.filter((each) => each.code === "unknown_question")
      .map((each) => sent.question_ratings[Number(each.pointer.split("/")[2])]?.question_id);
    const without = (review) => ({ ...review, question_ratings: review.question_ratings.filter((each) => !gone.includes(each.question_id)) });
    if (gone.length > 0) {
      mine = without(mine);
      base = without(base);
    }
  }

  // Goes on while something is not saved.
  function settle() {
    keep();
    if (isWaiting()) {
      plan(delayOf());
    }
    show();
  }

  function delayOf() {
    if (!fault) {
      return isMerged || said ? 0 : PAUSE_MS;
    }
    return Math.max(notBefore - Date.now(), Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures));
  }

  // How it stands: a sentence of status.js.
  function how() {
    if (!isChanged()) {
      return base.version ? "saved" : "quiet";
    }
    if (isWaiting()) {
      return sent ? "saving" : fault && !REFUSED.includes(fault.status) ? reasonOf(fault) : navigator.onLine ? "writing" : "offline";
    }
    return isSame(fitting(), base) ? "long" : reasonOf(fault ?? {});
  }

  function show() {
    const state = { how: how(), said, isKept, isMerged, savedAt: base.updated_at, seconds: fault?.retryAfter, excess: excessOf(mine) };
    listeners.forEach((listener) => listener(state));
  }

  function takeOver(drafts) {
    for (const { base: was, mine: written } of drafts) {
      mine = mergeReviews(textOf(was), textOf(written), mine);
    }
    if (drafts.length > 0) {
      settle();
      if (isKept) {
        dropOthers(interview.id);
      }
    }
  }

  const own = {
    mine: () => mine,
    isUnsaved: () => isChanged(),
    isOnlyHere: () => isChanged() && !isKept,
    change,
    changeQuestion,
    save,
    // listener(state) is called now and with every change; returns what ends that.
    watch(listener) {
      listeners.add(listener);
      show();
      return () => listeners.delete(listener);
    },
    // The interview as it is shown from now on: what is saved stands in it, too.
    look(shown) {
      interview = shown;
      own.hear(shown.my_review);
      interview.my_review = base.version ? base : null;
    },
    // A newer version, from another tab or with the interview.
    hear(review) {
      if (review && review.version > base.version) {
        learn(review);
        isMerged = isMerged || isChanged();
        settle();
      }
    },
    // The page may go any moment: what is sent now goes on without it.
    saveNow() {
      failures = 0;
      return save();
    },
    saveLast() {
      clearTimeout(timer);
      if (sent && !isSame(fitting(), sent)) {
        saveReview(interview.id, fitting(), base.version, { isLast: true }).catch(() => {});
      } else {
        save();
      }
    },
    show,
    unwatch: () => listeners.clear(),
    stop() {
      isOver = true;
      clearTimeout(timer);
      listeners.clear();
    },
  };
  takeOver(draftsOf(interview.id));
  return own;
}

function reasonOf(fault) {
  switch (fault.status) {
    case undefined: return navigator.onLine ? "unreachable" : "offline";
    case 403: return "off";
    case 404: return "gone";
    case 429: return "busy";
    case 400: case 413: case 422: return "refused";
    default: return "away";
  }
}

// How many characters are too many: { comment, note }
function excessOf({ comment, question_ratings }) {
  return {
    comment: Math.max(0, lengthOf(comment) - COMMENT_MOST),
    note: Math.max(0, ...question_ratings.map(({ note }) => lengthOf(note) - NOTE_MOST)),
  };
}

// As the list has it: null once everything was taken back.
function rowOf(interview, review) {
  if (isEmpty(review)) {
    return null;
  }
  return { ...review, answer_ratings: (interview.questions ?? []).map(({ id }) => ratingOn(review, id).rating) };
}
