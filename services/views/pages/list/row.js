// A candidate's row in the list.
import { h } from "../../../../common/pages/dom.js";
import { nodes, t } from "../../../../common/pages/words.js";
import { linkTo } from "../links.js";
import { marked } from "../marked.js";
import { portrait, stars } from "../parts.js";
import { hasReview } from "../selection.js";
import { dayOf } from "../times.js";

const SEEN_PERCENT = 90;
const DOTS_MAX = 8;
const EXCERPTS_MAX = 2;

// words: what is searched, folded. found_in: where it was found. One that cannot be shown as it should takes no other with it.
export function rowOf(interview, { words = [], found_in = [], go }) {
  try {
    return row(interview, words, found_in, go);
  } catch {
    return h("li", { class: "card", "data-id": interview.id }, h("div", { class: "whose" }, nameOf(interview, words, go),
      h("p", { class: "hint" }, t("list.spoilt"))));
  }
}

function row(interview, words, found_in, go) {
  const { candidate, job, type, completed_at, watched, my_review } = interview;
  const day = dayOf(completed_at);
  return h("li", { class: "card", "data-id": interview.id },
    portrait(candidate),
    h("div", { class: "whose" },
      nameOf(interview, words, go),
      h("p", { class: "hint line" }, h("bdi", { dir: "auto" }, marked(job.title, words)), type === "live" && ` · ${t("list.type_live")}`, day && ` · ${day}`)),
    h("p", { class: "marks" }, watchedOf(watched), reviewOf(my_review)),
    excerptsOf(found_in, words, interview, go));
}

function nameOf(interview, words, go) {
  return h("h2", {}, h("a", linkTo({ interview: interview.id }, go),
    h("bdi", { dir: "auto" }, marked(interview.candidate?.display_name || t("list.nameless"), words))));
}

// A dot for each answer; an interview without a recording has nothing to watch. A long list does not tell of each answer.
function watchedOf({ seconds, of, answers }) {
  if (!of) {
    return null;
  }
  if (!answers && seconds > 0) {
    return h("span", { class: "mark" }, t("list.watched_part", { percent: Math.min(100, Math.ceil(100 * seconds / of)) }));
  }
  const parts = (answers ?? []).filter((percent) => percent !== null);
  const seen = parts.filter((percent) => percent >= SEEN_PERCENT).length;
  if (!parts.some((percent) => percent > 0)) {
    return h("span", { class: "mark" }, t("list.not_watched"));
  }
  const words = t("list.watched", { watched: seen, count: parts.length });
  return parts.length > DOTS_MAX ? h("span", { class: "mark" }, words)
    : h("span", { class: "dots", role: "img", "aria-label": words, title: words },
      parts.map((percent) => h("span", { class: percent >= SEEN_PERCENT ? "dot full" : percent > 0 ? "dot half" : "dot" })));
}

function reviewOf(review) {
  return hasReview(review) && [
    review.rating ? stars(review.rating, t("list.own_rating", { rating: review.rating })) : h("span", { class: "mark done" }, t("list.reviewed_yes")),
    review.recommendation && h("span", { class: `advice ${review.recommendation}` }, t(`list.${review.recommendation}`))];
}

// What is found in the name or the job stands out there. A line that was said leads to where it was said: the stage looks for the search.
function excerptsOf(found_in, words, interview, go) {
  const told = found_in.filter(({ where }) => where !== "name" && where !== "job").slice(0, EXCERPTS_MAX);
  return told.length > 0 && h("ul", { class: "excerpts" }, told.map(({ where, text }) => {
    const shown = nodes(`list.in_${where}`, { text: h("bdi", { dir: "auto" }, marked(text, words)) });
    return h("li", {}, where === "transcript" ? h("a", linkTo({ interview: interview.id }, go), shown) : shown);
  }));
}
