// Leaving: asks first, in a dialog of the page's own; and says goodbye, with the way to come back.
import { h, fill } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";

let stay = () => {}; // while it is asked

// What was asked about is over.
export const askNoMore = () => stay();

// → whether the reader wants to leave. Escape and "Stay" stay, and the focus goes back where it was.
export function asksToLeave(isUnsaved) {
  const before = document.activeElement;
  return new Promise((resolve) => {
    const end = (answer) => {
      stay = () => {};
      dialog.close();
      dialog.remove();
      if (!answer && before?.isConnected) {
        before.focus();
      }
      resolve(answer);
    };
    const title = h("h2", { id: "leaving" }, t("gate.leave_ask"));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": "leaving", "aria-describedby": "leaving-text",
      oncancel: (event) => { event.preventDefault(); end(false); } },
    title,
    h("p", { id: "leaving-text" }, isUnsaved && h("strong", {}, t("gate.leave_drafts"), " "), t("gate.leave_text")),
    h("p", { class: "buttons" },
      h("button", { type: "button", autofocus: true, onclick: () => end(false) }, t("gate.leave_no")),
      h("button", { type: "button", class: "plain", onclick: () => end(true) }, t("gate.leave_yes"))));
    stay = () => end(false);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// isElsewhere: it was another tab that left.
export function sayGoodbye(app, isElsewhere, isEnded) {
  const { until } = document.body.dataset;
  const heading = h("h1", { tabindex: "-1" }, t("gate.left"));
  fill(app, h("section", { class: "gate goodbye" },
    heading,
    h("p", {}, t(isElsewhere ? "gate.left_elsewhere" : isEnded ? "gate.left_text" : "gate.left_offline")),
    h("p", {}, until ? t("gate.left_until", { moment: until }) : t("gate.left_always"))));
  document.title = t("gate.left");
  heading.focus();
}
