// One's own feedback on an interview: saved by itself as one types, kept when the network goes, and merged when it was changed in
// another window meanwhile. What was written is never thrown away, and is saved also when one has gone on to other interviews.
import { saveReview } from "./api.js";
import { h } from "../../../common/pages/dom.js";
import { draftOf, dropDraft, keepDraft } from "./drafts.js";
import { starChoice } from "./parts.js";
import { clockOf } from "./times.js";

const PAUSE_MS = 800;
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30000;
const nothing = { rating: null, comment: "", question_ratings: [], version: 0 };

const known = new Map(); // one of each interview, from when it is looked at or has a draft until the session ends

export function feedbackOn(interview, end) {
  if (!known.has(interview.id)) {
    known.set(interview.id, begin(interview, end));
  }
  return known.get(interview.id);
}

export function saveDrafts(interviews, end) {
  interviews.filter(({ id }) => draftOf(id)).forEach((interview) => feedbackOn(interview, end));
}

// Also what is written while another save is under way.
export const saveAll = () => Promise.all([...known.values()].map((each) => each.save().then(each.save)));

// Drafts stay where they are.
export function endFeedback() {
  known.forEach((each) => each.stop());
  known.clear();
}

function begin(interview, end) {
  const form = formOf(interview);
  const status = h("p", { class: "saved", role: "status" });
  let base = interview.my_review ?? nothing; // what the server has, as far as we know
  let mine = textOf(base);
  let timer = 0;
  let failures = 0;
  let saving = null; // one at a time
  let isOver = false;
  let refused = null; // as it cannot be saved; what differs from it is tried

  const isChanged = () => !isSame(mine, textOf(base));
  const isRefused = () => isOver || (refused && isSame(mine, refused));

  function change(changes) {
    mine = { ...mine, ...changes };
    keepDraft(interview.id, { base, mine });
    status.textContent = "Writing…";
    plan(PAUSE_MS);
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
    if (isRefused() || !isChanged()) {
      return;
    }
    const sent = textOf(mine);
    try {
      base = await saveReview(interview.id, sent, base.version);
      interview.my_review = base;
      failures = 0;
    } catch (fault) {
      if (!isOver) {
        take(fault, sent);
      }
    }
  }

  function take(fault, sent) {
    if (fault.status === 412) {
      mine = merge(textOf(base), mine, textOf(fault.current ?? nothing));
      base = fault.current ?? nothing;
      form.fill(mine);
      status.textContent = "It was changed in another window too; both are kept.";
    } else if (fault.isTheEnd) {
      isOver = true;
      end(fault);
    } else if (fault.status === 422) {
      refused = sent;
      dropUnknown(fault.errors, sent);
      status.textContent = "This cannot be saved: it is too long, or has characters that cannot be kept.";
    } else if (fault.status === 403 || fault.status === 404) {
      isOver = true;
      status.textContent = "Feedback cannot be saved here any more. What you have written stays on this page.";
    } else {
      failures++;
      status.textContent = "Not saved yet: there is no connection. It is kept and tried again.";
    }
  }

  // Questions that are hidden by now: what was said about them is kept where it is, and must not hold up the rest.
  function dropUnknown(errors, sent) {
    const gone = errors.filter((each) => each.code === "unknown_question")
      .map((each) => sent.question_ratings[Number(each.pointer.split("/")[2])]?.question_id);
    if (gone.length > 0) {
      const without = (review) => ({ ...review, question_ratings: review.question_ratings.filter((each) => !gone.includes(each.question_id)) });
      mine = without(mine);
      base = without(base);
      form.fill(mine);
    }
  }

  // Says how it stands, and goes on while something is not saved.
  function settle() {
    if (!isChanged()) {
      dropDraft(interview.id);
      if (base.version) {
        status.textContent = `Saved ${clockOf(new Date(base.updated_at))}`;
      }
    } else if (!isRefused()) {
      keepDraft(interview.id, { base, mine });
      plan(failures ? Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures) : PAUSE_MS);
    }
  }

  function saveNow() {
    failures = 0;
    save();
  }

  function warn(event) {
    if (isChanged()) {
      saveNow();
      event.preventDefault();
    }
  }

  const draft = draftOf(interview.id);
  if (draft) {
    mine = merge(textOf(draft.base), draft.mine, textOf(base));
  }
  form.start(mine, change);
  addEventListener("online", saveNow);
  addEventListener("beforeunload", warn);
  settle();
  return {
    element: h("section", { class: "panel feedback" }, h("h2", {}, "Your feedback"), ...form.elements, status),
    ofQuestion: form.ofQuestion,
    save,
    stop() {
      isOver = true;
      removeEventListener("online", saveNow);
      removeEventListener("beforeunload", warn);
      clearTimeout(timer);
    },
  };
}

// The fields, for the candidate and for each question; a question's are made when it is looked at.
function formOf(interview) {
  const comment = h("textarea", { id: "comment", rows: "5", maxlength: "10000" });
  let mine = nothing;
  let change = () => {};
  let asked = null;
  const overall = starChoice(`Rating of ${interview.candidate.display_name}`, null, (rating) => change({ rating }));
  comment.addEventListener("input", () => change({ comment: comment.value }));

  function changeQuestion(id, changes) {
    const old = ratingOf(mine, id);
    const others = mine.question_ratings.filter((each) => each.question_id !== id);
    change({ question_ratings: [...others, { ...old, ...changes }] });
  }

  return {
    elements: [overall.element, h("label", { for: "comment" }, "Comment"), comment],
    start(values, onchange) {
      change = (changes) => {
        mine = { ...mine, ...changes };
        onchange(changes);
      };
      this.fill(values);
    },
    fill(values) {
      mine = values;
      overall.show(values.rating);
      if (comment.value !== values.comment) {
        comment.value = values.comment;
      }
      asked?.fill();
    },
    ofQuestion({ id }) {
      const note = h("textarea", { id: "note", rows: "2", maxlength: "2000" });
      const stars = starChoice("Rating of this answer", ratingOf(mine, id).rating, (rating) => changeQuestion(id, { rating }));
      note.addEventListener("input", () => changeQuestion(id, { note: note.value }));
      asked = {
        fill() {
          stars.show(ratingOf(mine, id).rating);
          note.value = ratingOf(mine, id).note;
        },
      };
      asked.fill();
      return h("div", { class: "feedback" }, stars.element, h("label", { for: "note" }, "Note on this answer"), note);
    },
  };
}

const ratingOf = (review, id) => review.question_ratings.find((each) => each.question_id === id) ?? { question_id: id, rating: null, note: "" };

function textOf({ rating, comment, question_ratings }) {
  const kept = question_ratings.filter((each) => each.rating || each.note)
    .map(({ question_id, rating: stars, note }) => ({ question_id, rating: stars ?? null, note: note ?? "" }))
    .sort((a, b) => (a.question_id < b.question_id ? -1 : 1));
  return { rating: rating ?? null, comment: comment ?? "", question_ratings: kept };
}

const isSame = (a, b) => JSON.stringify(textOf(a)) === JSON.stringify(textOf(b));

// What changed on one side alone is taken; where both wrote, both texts are kept.
function merge(base, mine, theirs) {
  const ids = new Set([...mine.question_ratings, ...theirs.question_ratings].map((each) => each.question_id));
  return {
    rating: mine.rating === base.rating ? theirs.rating : mine.rating,
    comment: mergeText(base.comment, mine.comment, theirs.comment),
    question_ratings: [...ids].map((id) => {
      const [was, my, their] = [base, mine, theirs].map((each) => ratingOf(each, id));
      return { question_id: id, rating: my.rating === was.rating ? their.rating : my.rating, note: mergeText(was.note, my.note, their.note) };
    }),
  };
}

function mergeText(base, mine, theirs) {
  if (mine === base || mine === theirs || theirs.includes(mine)) {
    return theirs;
  }
  return theirs === base || mine.includes(theirs) ? mine : `${theirs}\n\n${mine}`;
}
