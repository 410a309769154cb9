// A field that one writes in: its text may change under its writer (another tab, another device), the cursor stays where it is. What is
// too long stays in it and is counted, so that nothing of what was pasted is cut off.
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { editsOf, merge, placeAfter } from "./merge.js";
import { lengthOf } from "./saving.js";

const COUNTED_FROM = 0.9;
const LINE_ENDS = /\r\n|[\r\v\f\x85\u2028\u2029]/g;
const NEVER_KEPT = /[\u202A-\u202E\u2066-\u2069]|\p{Cs}|(?![\n\t])\p{Cc}/gu;

// As the server keeps it: line ends of other programs are newlines, other controls and overrides of direction go.
const clean = (text) => text.replace(LINE_ENDS, "\n").replace(NEVER_KEPT, "");

// textNow(): what the field says elsewhere. → { element, show() }
export function writingOf({ label, attributes, most, textNow, onwrite }) {
  const count = h("span", { class: "count", hidden: true });
  const said = h("span", { class: "unseen", role: "status" });
  const field = h("textarea", { ...attributes, dir: "auto", autocapitalize: "sentences", oninput: write, oncompositionend: write });
  let seen = ""; // the text that the field and the review agreed on last
  let isComposing = false;
  let isNear = false;

  function write(event) {
    isComposing = event.type === "input" && event.isComposing;
    if (!isComposing && clean(field.value) !== field.value) {
      put(clean(field.value));
    }
    const now = textNow();
    const written = field.value;
    const text = now === seen ? written : merge(seen, written, now);
    seen = written;
    onwrite(text);
    show();
  }

  function show() {
    const now = textNow();
    if (!isComposing && now !== field.value) {
      put(now);
    }
    if (!isComposing) {
      seen = now;
    }
    tellLength(lengthOf(field.value));
  }

  function put(text) {
    const edits = editsOf(field.value, text);
    const [start, end, scroll] = [placeAfter(edits, field.selectionStart), placeAfter(edits, field.selectionEnd), field.scrollTop];
    field.value = text;
    if (document.activeElement === field) {
      field.setSelectionRange(start, end);
    }
    field.scrollTop = scroll;
  }

  function tellLength(length) {
    const left = most - length;
    count.hidden = length < most * COUNTED_FROM;
    count.textContent = left < 0 ? t("feedback.too_many", { count: -left }) : t("feedback.left", { count: left });
    count.classList.toggle("over", left < 0);
    field.setAttribute("aria-invalid", String(left < 0));
    if (isNear === count.hidden) {
      isNear = !count.hidden;
      said.textContent = isNear ? count.textContent : "";
    }
  }

  return { element: h("div", { class: "writing" }, h("label", {}, h("span", { class: "name" }, label), field), count, said), show };
}
