// The stage of one interview: the picture that stays in view, the steps, the words of each answer, and one's own feedback in reach. What
// is shown of a question is bound to that question: stars that were given for an answer stay with it, whatever moves meanwhile.
import { fill, h } from "../../../../common/pages/dom.js";
import { nodes, t } from "../../../../common/pages/words.js";
import { fetchInterview } from "../api.js";
import { COUNT_SECONDS, endCard } from "./end_card.js";
import { feedbackOn } from "../feedback.js";
import { prefetch } from "./interviews.js";
import { panelsOf } from "./panels.js";
import { playerOn } from "./player.js";
import { profileOf, questionnaireOf } from "./profile.js";
import { selectionOf } from "../selection.js";
import { arrow, nameOf, wayTo, wide } from "./stage_head.js";
import { stepperOf } from "./stepper.js";
import { firstMatch, transcriptOf } from "./transcript.js";
import { percentOf } from "./watching.js";

let goesOn = true; // the next question by itself

export function stageOn(body, interview, { content, row, head, keys, starts, go, end, noteReview, noteWatched, noteDone }) {
  const { questions, language } = interview;
  const address = new URLSearchParams(location.search);
  const search = address.get("search") ?? "";
  const feedback = content.settings.disable_feedback ? null
    : feedbackOn(interview, { end, noteReview });
  const heading = h("h2", { class: "asked", tabindex: "-1", dir: "auto", lang: language });
  const answer = h("div", { class: "words" });
  const said = h("p", { class: "unseen", role: "status" });
  const player = playerOn(interview, { end, fresh, onseen, onended, onplay: closeCard, ontime: (seconds) => transcript?.show(seconds) });
  const stepper = questions.length > 0 && stepperOf(interview, { choose: (number) => choose(number, { starts: true }), ratingOf: (id) => feedback?.ratingOf(id) });
  const question = h("section", { class: "question" }, heading, answer);
  const transcriptSlot = questions.some((each) => each.answer?.transcript?.length) && h("div", {});
  const panels = panelsOf([["transcript", transcriptSlot], ["profile", profileOf(interview)], ["questionnaire", questionnaireOf(interview)]]
    .filter(([, shown]) => shown));
  const slots = { stars: h("div", { class: "slot" }), note: h("div", { class: "slot" }), status: h("div", { class: "slot" }) };
  const own = feedback && ownFeedback();
  const main = h("div", { class: "main" });
  const side = h("div", { class: "side" });
  let current = -1;
  let transcript = null;
  let card = null;

  function choose(number, { starts: plays, at }) {
    const focused = document.activeElement;
    closeCard();
    current = number;
    const asked = questions[number];
    heading.textContent = asked.text;
    fill(answer, wordsOf(asked));
    player.show(asked, { starts: plays, at });
    stepper.show(number);
    showTranscript(asked);
    showRating(asked);
    keepFocus(focused);
    fill(said, nodes("stage.question_of", { number: number + 1, total: questions.length, question: h("bdi", { lang: language }, asked.text) }));
  }

  // The question that the address asks for, else the one that the search has found, else the first that was answered.
  function firstShown() {
    const asked = Number(address.get("question") ?? 0) - 1; // counted from 1
    return questions[asked] ? { number: asked } : bestMatch(questions, search) ?? { number: Math.max(0, questions.findIndex(hasAnswer)) };
  }

  function wordsOf({ answer: given, skipped }) {
    const isWritten = given && !given.media_url && given.text;
    if (isWritten) {
      return h("blockquote", { class: "lines", dir: "auto", lang: language }, given.text);
    }
    return !given?.media_url && h("p", { class: "hint none-given" }, t(skipped ? "stage.skipped_long" : "stage.no_answer_long"));
  }

  function showTranscript({ answer: given }) {
    transcript = given?.transcript?.length ? transcriptOf(given.transcript, { language, search, jump: player.playFrom }) : null;
    if (transcriptSlot) {
      fill(transcriptSlot, transcript?.element ?? h("p", { class: "hint" }, t("stage.no_transcript")));
    }
  }

  function showRating(asked) {
    const isRated = Boolean(feedback && hasAnswer(asked));
    fill(slots.stars, isRated && feedback.answerStars(asked.id));
    fill(slots.note, isRated && feedback.answerNote(asked.id));
  }

  // Focus is never left on what is gone.
  function keepFocus(focused) {
    const isLost = focused !== document.body && (!focused.isConnected || !focused.getClientRects().length);
    if (isLost) {
      heading.focus({ preventScroll: true });
    }
  }

  // --- the end of an answer ---

  function onended() {
    closeCard();
    const next = questions.findIndex((each, index) => index > current && hasAnswer(each));
    const asked = questions[current];
    const counts = next >= 0 && goesOn;
    const goNext = () => choose(next, { starts: true });
    card = endCard({ stars: feedback?.answerStars(asked.id), counts, next: goNext, stay, ways: next >= 0
      ? [h("button", { class: "primary", type: "button", onclick: goNext }, t("stage.next_question"))] : waysOn() });
    player.over.append(card.element);
    said.textContent = counts ? t("stage.ended_next", { seconds: COUNT_SECONDS }) : t(next >= 0 ? "stage.ended" : "stage.ended_last");
  }

  // After the last answer: to the candidate as a whole, and to whoever is not reviewed yet.
  function waysOn() {
    const open = feedback && selectionOf(content).nextNotReviewed(interview.id);
    const next = open ?? (feedback ? null : selectionOf(content).next(interview.id));
    return [
      feedback && h("button", { class: "primary", type: "button", onclick: toFeedback }, t("stage.rate_candidate")),
      next && wayTo({ interview: next }, go, "button", t(open ? "stage.next_not_reviewed" : "stage.next", { name: nameOf(content, next) })),
      !next && feedback && noteDone && wayTo({ interview: null, view: "finish" }, go, "button", t("stage.finish")),
    ];
  }

  function closeCard() {
    const focused = document.activeElement;
    const hadFocus = card?.element.contains(focused);
    card?.close();
    card = null;
    if (hadFocus) {
      player.focus();
    }
  }

  function stay() {
    closeCard();
    said.textContent = t("stage.staying");
  }

  // --- one's own feedback ---

  function ownFeedback() {
    return {
      bar: h("section", { class: "bar", "aria-label": t("stage.this_answer") }, slots.stars,
        h("button", { class: "plain to-feedback", type: "button", onclick: toFeedback }, t("stage.to_feedback"), arrow(" ›"))),
      overall: h("div", { class: "slot overall" }, feedback.overall()),
      panel: h("section", { class: "panel feedback", "aria-labelledby": "own-feedback" }, h("h2", { id: "own-feedback", tabindex: "-1" }, t("stage.your_feedback"))),
      rest: [feedback.recommendation(), feedback.comment()].filter(Boolean),
      status: feedback.status(),
    };
  }

  function toFeedback() {
    closeCard();
    own.panel.scrollIntoView({ block: wide.matches ? "nearest" : "start" });
    own.panel.querySelector("h2").focus({ preventScroll: true });
  }

  // --- what is known of it meanwhile ---

  function refresh() {
    if (stepper) {
      stepper.refresh();
    }
    head.refresh();
  }

  function onseen() {
    const percents = questions.map(percentOf);
    Object.assign(row, { watched: { ...row.watched, ...interview.watched, answers: percents } });
    noteWatched?.(interview.id, percents);
    refresh();
  }

  // The address of an answer as it is now: it may have another after a new version.
  async function fresh(asked) {
    try {
      const now = await fetchInterview(interview.id);
      return now.questions.find((each) => each.id === asked.id)?.answer?.media_url ?? asked.answer.media_url;
    } catch (fault) {
      if (fault.isTheEnd) {
        end(fault);
        return null;
      }
      return asked.answer.media_url;
    }
  }

  // --- where things stand ---

  function arrange() {
    const focused = document.activeElement;
    const isWide = wide.matches;
    panels.arrange(!isWide);
    const [words, profile, form] = ["transcript", "profile", "questionnaire"].map(panels.of);
    if (own) {
      own.panel.append(...[!isWide && slots.note, own.overall, ...own.rest, isWide && slots.status].filter(Boolean));
      own.bar.append(isWide ? slots.note : slots.status);
      fill(slots.status, own.status);
    }
    const steps = stepper && stepper.element;
    if (steps && !isWide) {
      player.element.append(steps);
    }
    const about = [profile, form];
    main.classList.toggle("with-words", isWide && Boolean(words));
    fill(main, player.element, question, ...(isWide ? (words ? [words] : about) : [panels.tabs, words, profile, form, own?.panel, goOnChoice(), own?.bar]));
    fill(side, ...(isWide ? [steps, own?.bar, own?.panel, ...(words ? about : []), goOnChoice(), helpButton()] : []));
    side.hidden = !isWide;
    if (focused !== document.body && !document.activeElement.isSameNode(focused) && focused.isConnected) {
      focused.focus({ preventScroll: true });
    }
  }

  function goOnChoice() {
    return questions.some((each) => each.answer?.media_url) && h("label", { class: "check goes-on" }, h("input", { type: "checkbox", checked: goesOn, onchange: (event) => {
      goesOn = event.target.checked;
    } }), t("stage.goes_on"));
  }

  const helpButton = () => h("button", { class: "plain help", type: "button", onclick: () => keys.help() }, t("stage.keyboard"));

  keys.add({
    play: player.toggle,
    jump: player.jump,
    rate: (stars) => feedback && questions[current] && hasAnswer(questions[current]) && feedback.rate(questions[current].id, stars),
    question: (step) => questions[current + step] && choose(current + step, { starts: true }),
    search: () => {
      panels.choose("transcript");
      transcript?.search();
    },
  });

  arrange();
  wide.addEventListener("change", arrange);
  fill(body, said, h("div", { class: "columns" }, main, side));
  feedback?.watch(refresh);
  if (questions.length > 0) {
    const { number, start } = firstShown();
    choose(number, { starts, at: start });
  } else {
    heading.hidden = true;
    player.element.hidden = true;
    fill(answer, h("p", { class: "hint none-given" }, t("stage.no_questions")));
  }
  prefetch(selectionOf(content).next(interview.id));

  return {
    stop() {
      wide.removeEventListener("change", arrange);
      card?.close();
      player.stop();
      feedback?.stop();
    },
  };
}

const hasAnswer = ({ answer }) => Boolean(answer?.media_url || answer?.text);

// The answer in which most of what was searched was said.
function bestMatch(questions, search) {
  const found = questions.map(({ answer }, number) => ({ number, ...firstMatch(answer?.transcript, search) })).filter(({ words }) => words);
  return found.sort((a, b) => b.words - a.words || a.number - b.number)[0] ?? null;
}
