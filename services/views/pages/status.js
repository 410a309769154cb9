// The sentence that says how it stands with what one has written and chosen. What is seen is always so; what is read aloud is what a
// reader who does not see has to know, once.
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { recommendationWord } from "./recommendation.js";
import { clockOf } from "./times.js";

const PASSING = ["writing", "saving", "quiet"];
const SENT_BACK = ["offline"];
const SENT_AGAIN = ["unreachable", "busy", "away"];

const shown = new Set(); // the live one among many is the first that is on the page

// → { element, show(state) } of a candidate's or a question's sentence.
export function statusOf(name) {
  const seen = h("span", { "aria-hidden": "true" });
  const heard = h("span", { class: "unseen" });
  const element = h("p", { class: "saved", role: "status" }, seen, heard);
  const own = { element };
  shown.add(own);
  return {
    element,
    show(state) {
      set(seen, sentenceOf(state));
      element.dataset.how = state.how;
      if (!PASSING.includes(state.how)) {
        set(heard, isFirst(own) ? aloud(state, name) : "");
      } else if (state.how === "quiet") {
        set(heard, "");
      }
    },
    stop: () => shown.delete(own),
  };
}

const isFirst = (own) => [...shown].find(({ element }) => element.isConnected) === own;

function set(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function sentenceOf({ how, isKept, isMerged, savedAt, seconds, excess }) {
  const what = t(`feedback.${how}`, { time: savedAt ? clockOf(new Date(savedAt)) : "", count: seconds || 1 });
  switch (how) {
    case "quiet": return "";
    case "saved": return isMerged ? `${what} ${t("feedback.merged")}` : what;
    case "saving": return what;
    case "writing": return isKept ? what : `${what} ${t("feedback.open_here")}`;
    case "long": return [excess.comment ? t("feedback.long_comment", { count: excess.comment }) : t("feedback.long_note", { count: excess.note }), kept(how, isKept)].join(" ");
    default: return `${what} ${kept(how, isKept)}`;
  }
}

// Where it is meanwhile, and what becomes of it.
function kept(how, isKept) {
  const end = SENT_BACK.includes(how) ? "back" : SENT_AGAIN.includes(how) ? "again" : "here";
  return t(`feedback.${isKept ? "kept" : "open"}_${end}`);
}

// "This answer: 4 of 5. Saved."
function aloud(state, name) {
  const { said, how } = state;
  return said && how === "saved" ? `${choiceSaid(said, name)} ${t("feedback.saved_now")}` : said ? `${choiceSaid(said, name)} ${sentenceOf(state)}` : sentenceOf(state);
}

function choiceSaid({ on, value }, name) {
  if (on === "recommendation") {
    return value ? t("feedback.said_recommendation", { choice: recommendationWord(value) }) : t("feedback.said_no_recommendation");
  }
  const what = on === "answer" ? t("feedback.answer") : name;
  return value ? t("feedback.said_stars", { what, rating: value }) : t("feedback.said_no_stars", { what });
}
