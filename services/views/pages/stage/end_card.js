// The end of an answer, over its last picture: how was it, and what comes next. It counts down to the next question while nobody is at
// work: whatever is touched stops the count, and it waits while focus or pointer are in the card, or the focus in any field.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";

export const COUNT_SECONDS = 5;
const FIELD = "input, textarea, select, [contenteditable]";
const TOUCHES = ["pointerdown", "keydown", "wheel"];

// stars: an element to rate this answer with, or null. counts: whether the next is shown by itself. ways: buttons or links to what comes
// next, the first of them the next question's.
export function endCard({ stars, counts, next, ways, stay }) {
  const count = h("p", { class: "count", "aria-hidden": "true" });
  const element = h("div", { class: "end-card", role: "group", "aria-label": t("stage.end_of_answer") },
    stars && h("p", { class: "how" }, t("stage.how_was_it")), stars,
    h("div", { class: "ways" }, count, ways, h("button", { class: "plain", type: "button", onclick: stay }, t("stage.stay"))));
  let left = COUNT_SECONDS;
  let timer = 0;

  const isHeld = () => document.hidden || element.contains(document.activeElement) || document.activeElement?.matches(FIELD)
    || (matchMedia("(hover: hover)").matches && element.matches(":hover"));

  function tick() {
    if (isHeld()) {
      return;
    }
    left--;
    show();
    if (left === 0) {
      stop();
      next();
    }
  }

  function show() {
    count.textContent = t("stage.next_in", { seconds: left });
  }

  // Its place stays, so that nothing moves under the finger that stops it.
  function stop() {
    clearInterval(timer);
    count.classList.add("stopped");
    TOUCHES.forEach((each) => removeEventListener(each, stop, true));
  }

  if (counts) {
    show();
    timer = setInterval(tick, 1000);
    TOUCHES.forEach((each) => addEventListener(each, stop, { capture: true, passive: true }));
  } else {
    count.hidden = true;
  }
  return {
    element,
    close() {
      stop();
      element.remove();
    },
  };
}
