// On paper: a page for each candidate, with all questions, the whole of one's comments and notes, and no controls.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { fetchInterview } from "../api.js";
import { stars } from "../parts.js";
import { dayOf, minutes } from "../times.js";

const LANES = 4;

// review: one's own, whole, or null. withTranscripts: what was said in an answer, too.
export function paperOf(interview, review, { withTranscripts = false } = {}) {
  const { candidate, job, completed_at, questions, questionnaire, language } = interview;
  const own = { dir: "auto", lang: language };
  const given = new Map((review?.question_ratings ?? []).map((each) => [each.question_id, each]));
  return h("section", { class: "paper" },
    h("h1", { dir: "auto" }, candidate.display_name),
    h("p", { class: "hint" }, [job?.title, dayOf(completed_at)].filter(Boolean).join(" · ")),
    review && h("p", { class: "verdict" }, review.rating ? stars(review.rating, t("finish.stars", { rating: review.rating })) : null,
      review.recommendation && ` ${t(`list.${review.recommendation}`)}`),
    review?.comment && [h("h2", {}, t("finish.comment")), h("p", { class: "lines", dir: "auto" }, review.comment)],
    questions.map((question, index) => {
      const { rating, note } = given.get(question.id) ?? {};
      return h("section", { class: "asked" },
        h("h2", own, `${index + 1}. ${question.text}`),
        h("p", { class: "hint" }, saysAnswer(question), rating ? [" · ", stars(rating, t("finish.stars", { rating }))] : null),
        question.answer?.text && h("p", { class: "lines", ...own }, question.answer.text),
        note && h("p", { class: "lines" }, h("strong", {}, t("finish.note_of"), ": "), h("span", { dir: "auto" }, note)),
        withTranscripts && question.answer?.transcript?.length > 0 && h("div", { class: "spoken" }, question.answer.transcript.map(({ start, text }) =>
          h("p", own, h("span", { class: "hint" }, minutes(start), " "), text))));
    }),
    profileOf(candidate.profile, own),
    questionnaire?.length > 0 && [h("h2", {}, t("finish.questionnaire")), h("dl", {}, questionnaire.map(({ question, answer }) =>
      [h("dt", own, question), h("dd", { class: "lines", ...own }, answer || t("finish.no_answer"))]))]);
}

function saysAnswer({ answer, skipped }) {
  if (!answer) {
    return t(skipped ? "finish.skipped" : "finish.no_answer");
  }
  return answer.media_url ? t("finish.recording", { length: answer.duration_seconds ? minutes(answer.duration_seconds) : "" }).replace(/[,\s]+$/, "") : "";
}

function profileOf(profile, own) {
  const lines = [profile?.headline, profile?.location, profile?.summary, ...(profile?.links ?? [])].filter(Boolean);
  return lines.length > 0 && [h("h2", {}, t("finish.profile")), lines.map((line) => h("p", { class: "lines", ...own }, line))];
}

// While the view is there, its pages are what is printed, by whichever way. make() → pages
export function printsPages(make) {
  let pages = null;

  function begin() {
    finish();
    pages = h("div", { id: "paper" }, make());
    document.body.append(pages);
    document.documentElement.classList.add("on-paper");
  }

  function finish() {
    pages?.remove();
    pages = null;
    document.documentElement.classList.remove("on-paper");
  }

  addEventListener("beforeprint", begin);
  addEventListener("afterprint", finish);
  return () => {
    finish();
    removeEventListener("beforeprint", begin);
    removeEventListener("afterprint", finish);
  };
}

// Fetches what is needed, a few at a time, and prints all or nothing. say(text) tells how it goes; isOver(): nobody waits for it any more.
export async function printReviews(rows, { say, end, isOver }) {
  say(t("finish.gathering", { count: rows.length }));
  try {
    const interviews = await inLanes(rows, isOver);
    if (isOver()) {
      return;
    }
    const stop = printsPages(() => interviews.map((each) => paperOf(each, each.my_review)));
    say("");
    addEventListener("afterprint", stop, { once: true });
    print();
  } catch (fault) {
    if (fault.isTheEnd) {
      end(fault);
    } else {
      say(t("finish.not_gathered"));
    }
  }
}

async function inLanes(rows, isOver) {
  const fetched = [];
  let at = 0;
  async function work() {
    for (let mine = at++; mine < rows.length && !isOver(); mine = at++) {
      fetched[mine] = await fetchInterview(rows[mine].id);
    }
  }
  await Promise.all(Array.from({ length: LANES }, work));
  return fetched;
}
