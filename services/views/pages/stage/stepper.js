// The questions as steps: what was watched, one's own stars, how long it is. Beside the player a list with the questions; under it, on a
// phone, a row that scrolls by itself.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { minutes } from "../times.js";
import { percentOf } from "./watching.js";

const WATCHED_PERCENT = 90;

// ratingOf(question id): one's stars, or null.
export function stepperOf(interview, { choose, ratingOf }) {
  const steps = interview.questions.map((question, index) => {
    const marks = h("span", { class: "marks" });
    const button = h("button", { type: "button", onclick: () => choose(index) },
      h("span", { class: "number" }, String(index + 1)),
      h("span", { class: "asked", dir: "auto", lang: interview.language }, question.text),
      marks,
      h("span", { class: "length" }, lengthWords(question)));
    return { question, marks, button, item: h("li", {}, button) };
  });
  const list = h("ol", { class: "questions" }, steps.map(({ item }) => item));

  function refresh() {
    for (const { question, marks } of steps) {
      const rating = ratingOf(question.id);
      const isWatched = (percentOf(question) ?? 0) >= WATCHED_PERCENT;
      const shown = `${isWatched} ${rating}`;
      if (marks.dataset.shown !== shown) {
        marks.dataset.shown = shown;
        marks.replaceChildren(...[
          isWatched && [h("span", { class: "tick", "aria-hidden": "true" }, "✓"), h("span", { class: "unseen" }, t("stage.watched"))],
          rating && [h("span", { class: "own-rating", "aria-hidden": "true" }, `★${rating}`), h("span", { class: "unseen" }, t("stage.own_stars", { count: rating }))],
        ].flat().filter(Boolean));
      }
    }
  }

  function show(number) {
    steps.forEach(({ button }, index) => button.setAttribute("aria-current", String(index === number)));
    reveal(list, steps[number].item);
  }

  refresh();
  return { element: h("nav", { class: "stepper", "aria-label": t("stage.questions") }, list), refresh, show };
}

// Within its own box alone: the page stays where it is.
export function reveal(box, part) {
  const [outer, inner] = [box.getBoundingClientRect(), part.getBoundingClientRect()];
  box.scrollBy(inner.left + inner.width / 2 - outer.left - outer.width / 2, inner.top + inner.height / 2 - outer.top - outer.height / 2);
}

function lengthWords({ answer, skipped }) {
  if (!answer) {
    return t(skipped ? "stage.skipped" : "stage.no_answer");
  }
  if (answer.kind === "text") {
    return t("stage.in_writing");
  }
  return answer.duration_seconds ? minutes(answer.duration_seconds) : t(`stage.${answer.kind === "audio" ? "audio" : "video"}`);
}
