// One interview: the player with its questions, the résumé and profile, the questionnaire, one's own feedback, and the way to the
// next candidate.
import { count, fill, h } from "../../../common/pages/dom.js";
import { feedbackOn } from "./feedback.js";
import { followHere } from "./links.js";
import { portrait } from "./parts.js";
import { playerOf } from "./player.js";
import { dayOf, minutes } from "./times.js";

export function showInterview(app, { content, place, go, end, leave, noteReview }) {
  const interview = content.interviews[place];
  const feedback = content.settings.disable_feedback ? null : feedbackOn(interview, { end, noteReview });
  const detail = h("section", { class: "answer", "aria-live": "off" });
  const list = h("ol", { class: "questions" });
  const heading = h("h1", { tabindex: "-1" }, interview.candidate.display_name);
  let player = null;
  let current = -1;

  function choose(number, starts) {
    player?.stop();
    current = number;
    const question = interview.questions[number];
    player = playerOf(interview, question, { starts, onended: playNext, end });
    fill(detail, h("h2", {}, question.text), player.elements, feedback && h("div", { class: "feedback" }, feedback.answerStars(question.id), feedback.answerNote(question.id)));
    [...list.children].forEach((item, index) =>
      item.firstChild.setAttribute("aria-current", index === number ? "true" : "false"));
  }

  function playNext() {
    const next = interview.questions.findIndex((each, index) => index > current && each.answer?.media_url);
    const isWriting = detail.contains(document.activeElement) && document.activeElement.matches("textarea");
    if (next >= 0 && !isWriting) {
      choose(next, true);
    }
  }

  function turn(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const neighbour = content.interviews[place + step];
    if (neighbour && event.shiftKey && !event.target.closest("input, textarea, select, video, audio")) {
      go({ interview: neighbour.id });
    }
  }

  list.append(...interview.questions.map((question, index) => h("li", {},
    h("button", { type: "button", onclick: () => choose(index, true) },
      h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)),
      h("span", {}, question.text),
      h("span", { class: "hint" }, lengthOf(question))))));
  fill(app,
    h("header", { class: "top" }, link("All candidates", null, go, "‹ "), h("button", { class: "plain", type: "button", onclick: leave }, "Leave")),
    h("header", { class: "who" }, portrait(interview.candidate), h("div", {}, heading,
      h("p", { class: "hint" }, [interview.job.title, interview.type === "live" ? "live interview" : "recorded interview",
        interview.completed_at && dayOf(interview.completed_at)].filter(Boolean).join(" · ")))),
    neighbours(content, place, go),
    h("div", { class: "columns" },
      h("div", { class: "main" }, detail,
        interview.questions.length > 0 && h("nav", { "aria-label": "Questions" }, h("h2", {}, count(interview.questions.length, "question", "questions")), list)),
      h("div", { class: "side" }, feedback?.panel(), profileOf(interview.candidate), questionnaireOf(interview.questionnaire))),
  );
  if (interview.questions.length > 0) {
    choose(Math.max(0, interview.questions.findIndex((each) => each.answer)), false);
  } else {
    detail.append(h("p", {}, "There are no questions in this interview."));
  }
  addEventListener("keydown", turn);
  document.title = `${place + 1} of ${content.interviews.length} – Shared interviews`;
  heading.focus();
  scrollTo(0, 0);
  return () => {
    removeEventListener("keydown", turn);
    player?.stop();
    feedback?.stop();
  };
}

function link(text, interview, go, before = "", after = "") {
  const address = new URLSearchParams(location.search);
  address.delete("interview");
  if (interview) {
    address.set("interview", interview.id);
  }
  return h("a", { href: `?${address}`, onclick: (event) => followHere(event, () => go({ interview: interview?.id ?? null })) },
    h("span", { "aria-hidden": "true" }, before), text, h("span", { "aria-hidden": "true" }, after));
}

function neighbours(content, place, go) {
  const [before, after] = [content.interviews[place - 1], content.interviews[place + 1]];
  return content.interviews.length > 1 && h("nav", { class: "neighbours", "aria-label": "Candidates" },
    before ? link(`Previous: ${before.candidate.display_name}`, before, go, "‹ ") : h("span", {}),
    h("span", { class: "hint" }, `${place + 1} of ${content.interviews.length}`, h("span", { class: "keys" }, " · Shift with ← or →")),
    after ? link(`Next: ${after.candidate.display_name}`, after, go, "", " ›") : h("span", {}));
}

function lengthOf({ answer, skipped }) {
  if (!answer) {
    return skipped ? "Skipped" : "No answer";
  }
  return answer.duration_seconds ? minutes(answer.duration_seconds) : { video: "Video", audio: "Audio", text: "In writing" }[answer.kind];
}

function profileOf({ profile, resume }) {
  const links = (profile?.links ?? []).filter((each) => /^https?:\/\//i.test(each));
  return (profile || resume) && h("section", { class: "panel" }, h("h2", {}, "Profile"),
    profile?.headline && h("p", {}, h("strong", {}, profile.headline)),
    profile?.location && h("p", { class: "hint" }, profile.location),
    profile?.summary && h("p", { class: "lines" }, profile.summary),
    links.length > 0 && h("ul", { class: "links" }, links.map((each) =>
      h("li", {}, h("a", { href: each, target: "_blank", rel: "noopener noreferrer nofollow" }, each.replace(/^https?:\/\//i, ""))))),
    resume && h("p", {}, h("a", { class: "button", href: resume.url, target: "_blank", rel: "noopener" }, `Résumé: ${resume.file_name}`)));
}

function questionnaireOf(entries) {
  return entries?.length > 0 && h("section", { class: "panel" }, h("h2", {}, "Questionnaire"),
    h("dl", {}, entries.map(({ question, answer }) => [h("dt", {}, question), h("dd", { class: "lines" }, answer || "No answer")])));
}
