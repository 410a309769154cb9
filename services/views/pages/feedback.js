// One's own feedback: its fields and stars, one engine (saving.js) for each interview behind all of them, until the session ends. It is
// saved also when one has gone on to another interview, and what another tab saves is here as soon as it is saved there.
import { fetchInterview } from "./api.js";
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { forgetDrafts, hasDrafts, interviewsWithDrafts } from "./drafts.js";
import { ratingOn } from "./merge.js";
import { recommendationChoice } from "./recommendation.js";
import { COMMENT_MOST, NOTE_MOST, ownReview } from "./saving.js";
import "./shared.js";
import { starChoice } from "./stars.js";
import { statusOf } from "./status.js";
import { tabsOf } from "./tabs.js";
import { writingOf } from "./writing.js";

const RETRY_MS = 5000;
const known = new Map(); // interview id → its review, from when it is looked at or has a draft until the session ends
let tabs = null;
let context = {};
let retry = 0;

// over = { end(refusal), noteReview(id, review or null) }. Drafts are saved, also of what nobody looks at.
export function beginFeedback(over) {
  context = over;
  listen(true);
  saveFound();
}

// Each function of it makes an element of its own, bound to its question for ever. rate(questionId, stars or null);
// ratingOf(questionId) → 1..5 or null; watch(listener) calls with every change; stop(): the view is closed, what is unsaved is saved.
export function feedbackOn(interview, over = context) {
  const review = reviewOf(interview, over);
  const name = interview.candidate?.display_name ?? "";
  const stops = [];
  let comments = 0;

  // Filled with what the review says, now and after every change.
  function bound(component, value) {
    stops.push(review.watch((state) => component.show(value?.(state))));
    return component.element;
  }

  const rate = (id, rating) => review.changeQuestion(id, { rating: rating || null }, { on: "answer", value: rating || null });
  const choose = (what) => (value) => review.change({ [what]: value }, { on: what === "rating" ? "overall" : what, value });
  const ratingOf = (id) => ratingOn(review.mine(), id).rating;

  return {
    answerStars: (id) => bound(starChoice(t("feedback.answer"), (rating) => rate(id, rating)), () => ratingOf(id)),
    answerNote: (id) => bound(writingOf({
      label: t("feedback.note"),
      most: NOTE_MOST,
      attributes: { rows: "2", name: "note" },
      textNow: () => ratingOn(review.mine(), id).note,
      onwrite: (note) => review.changeQuestion(id, { note }),
    })),
    overall: () => bound(starChoice(t("feedback.overall", { name }), choose("rating")), () => review.mine().rating),
    recommendation: () => bound(recommendationChoice(choose("recommendation")), () => review.mine().recommendation),
    comment: () => bound(writingOf({
      label: t("feedback.comment"),
      most: COMMENT_MOST,
      attributes: { rows: "5", name: "comment", id: comments++ ? null : "comment" },
      textNow: () => review.mine().comment,
      onwrite: (comment) => review.change({ comment }),
    })),
    status() {
      const status = statusOf(name);
      stops.push(status.stop);
      return bound(status, (state) => state);
    },
    panel() {
      return h("section", { class: "panel feedback" }, h("h2", {}, t("feedback.title")), this.overall(), this.recommendation(), this.comment(), this.status());
    },
    rate,
    ratingOf,
    watch(listener) {
      const stop = review.watch(listener);
      stops.push(stop);
      return stop;
    },
    save: review.saveNow,
    stop() {
      stops.splice(0).forEach((each) => each());
      review.saveNow();
    },
  };
}

function reviewOf(interview, over) {
  const review = known.get(interview.id);
  if (review) {
    review.look(interview);
    return review;
  }
  const made = ownReview(interview, { end: over.end, noteReview: over.noteReview ?? (() => {}), tell: (message) => tabs?.tell(message) });
  known.set(interview.id, made);
  return made;
}

// Interviews of which there are drafts: each is fetched, as the list does not have all of a review.
async function saveFound() {
  clearTimeout(retry);
  const session = context;
  let hasFailed = false;
  for (const id of interviewsWithDrafts().filter((each) => !known.has(each))) {
    try {
      const interview = await fetchInterview(id);
      if (session !== context) {
        return;
      }
      if ("my_review" in interview) {
        reviewOf(interview, context).save();
      }
    } catch (fault) {
      if (session !== context || fault.isTheEnd) {
        return;
      }
      hasFailed = hasFailed || fault.status === undefined || fault.status === 429 || fault.status >= 500;
    }
  }
  if (hasFailed) {
    retry = setTimeout(saveFound, RETRY_MS);
  }
}

// Also what is written while another save is under way.
export const saveAll = () => Promise.all([...known.values()].map((each) => each.saveNow().then(each.save)));

export const hasUnsaved = () => hasDrafts() || [...known.values()].some((each) => each.isUnsaved());

// The session is over: drafts stay, and are saved after the next open.
export function endFeedback() {
  clearTimeout(retry);
  context = {};
  known.forEach((each) => each.stop());
  known.clear();
  listen(false);
}

// The reader leaves: nothing of it stays in this browser, in no tab.
export function leaveFeedback() {
  tabs?.tell({ kind: "left" });
  endFeedback();
  forgetDrafts();
}

function hear({ kind, interview, review, row }) {
  if (kind === "left") {
    const { end } = context;
    endFeedback();
    forgetDrafts();
    end?.({ status: 401, isLeft: true });
  } else if (known.has(interview)) {
    known.get(interview).hear(review);
  } else {
    context.noteReview?.(interview, row);
  }
}

const each = (what) => () => known.forEach((review) => review[what]());
const heard = [
  [globalThis, "online", each("saveNow")],
  [globalThis, "offline", each("show")],
  [globalThis, "pagehide", each("saveLast")],
  [document, "visibilitychange", () => document.visibilityState === "hidden" && each("saveLast")()],
  [globalThis, "beforeunload", warn],
];

// What is kept in this browser need hold nobody back.
function warn(event) {
  if ([...known.values()].some((review) => review.isOnlyHere())) {
    event.preventDefault();
    event.returnValue = true;
  }
}

function listen(isOn) {
  tabs?.close();
  tabs = isOn ? tabsOf(hear) : null;
  heard.forEach(([target, name, listener]) => target[isOn ? "addEventListener" : "removeEventListener"](name, listener));
}
