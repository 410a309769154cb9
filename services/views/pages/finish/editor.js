// One review changed where reviews are compared: its stars and its recommendation, saved as they are on the stage. Comments and notes are
// written there, beside what they are about.
import { fill, h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { fetchInterview } from "../api.js";
import { feedbackOn } from "../feedback.js";

// changed(): the review was saved, or another tab has saved it.
export function editorOf(row, { end, noteReview, changed }) {
  const element = h("div", { class: "editor", tabindex: "-1" }, h("p", { class: "opened", role: "status", tabindex: "-1" }, t("finish.opening")));
  let feedback = null;
  let isOver = false;

  async function open() {
    try {
      const interview = await fetchInterview(row.id);
      if (!isOver) {
        show(interview);
      }
    } catch (fault) {
      if (fault.isTheEnd) {
        end(fault);
      } else {
        fill(element, h("p", { class: "opened", role: "status", tabindex: "-1" }, t("finish.not_opened")));
      }
    }
  }

  function show(interview) {
    const hadFocus = element.contains(document.activeElement);
    feedback = feedbackOn(interview, { end, noteReview });
    fill(element, feedback.overall(), feedback.recommendation(),
      interview.questions.filter(({ answer }) => answer).map((question) => {
        const asked = `${interview.questions.indexOf(question) + 1}. ${question.text}`;
        return h("div", { class: "of-answer", role: "group", "aria-label": asked },
          h("p", { dir: "auto", lang: interview.language }, asked), feedback.answerStars(question.id));
      }),
      feedback.status());
    feedback.watch?.(changed);
    if (hadFocus) {
      element.querySelector("input, button")?.focus({ preventScroll: true });
    }
  }

  open();
  return {
    id: row.id,
    element,
    stop() {
      isOver = true;
      feedback?.stop();
    },
  };
}
