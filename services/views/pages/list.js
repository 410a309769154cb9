// The shortlist: cards, with search, filters and sort over what the server has sent, which is only what may be seen. The
// address bar keeps what was asked for.
import { choice, count, fill, h } from "../../../common/pages/dom.js";
import { portrait, stars } from "./parts.js";
import { folded, inOrder, wordsOf } from "../../../common/pages/text.js";
import { dayOf } from "./times.js";

const SORTS = [["", "In the order shared"], ["name", "Name"], ["-completed_at", "Newest first"], ["completed_at", "Oldest first"]];
const OWN_SORTS = [["-rating", "My best rated first"]];

export function showList(app, { content, go, leave }) {
  const wanted = Object.fromEntries(new URLSearchParams(location.search));
  const status = h("p", { class: "found", role: "status" });
  const cards = h("ul", { class: "cards" });
  const heading = h("h1", { tabindex: "-1" }, `${count(content.total, "candidate", "candidates")} from ${content.sender_name}`);

  function refresh() {
    const found = sorted(content.interviews.filter((each) => fits(each, wanted)), wanted.sort);
    status.textContent = found.length === content.total ? `All ${count(found.length, "candidate", "candidates")}`
      : `${found.length} of ${count(content.total, "candidate", "candidates")}`;
    cards.replaceChildren(...found.map((each) => cardOrPlain(each, go)));
  }

  function change(name, value) {
    wanted[name] = value;
    go({ [name]: value }, "replace");
    refresh();
  }

  fill(app,
    h("header", { class: "top" }, heading, h("button", { class: "plain", type: "button", onclick: leave }, "Leave")),
    content.expires_at && h("p", { class: "hint" }, `Open until ${dayOf(content.expires_at)}.`),
    content.total > 1 && filters(content, wanted, change),
    status,
    cards,
  );
  refresh();
  document.title = "Shared interviews";
  heading.focus();
}

function filters(content, wanted, change) {
  const jobs = new Map(content.interviews.filter((each) => each.job).map((each) => [each.job.id, each.job.title]));
  const types = new Set(content.interviews.map((each) => each.type));
  const isReviewed = !content.settings.disable_feedback;
  return h("form", { class: "filters", role: "search", onsubmit: (event) => event.preventDefault() },
    h("label", { class: "choice wide" }, h("span", {}, "Search"),
      h("input", { type: "search", value: wanted.search ?? "", oninput: (event) => change("search", event.target.value.trim()) })),
    jobs.size > 1 && choice("Job", [["", "All jobs"], ...jobs], wanted.job ?? "", (value) => change("job", value)),
    types.size > 1 && choice("Type", [["", "All types"], ["one_way", "Recorded"], ["live", "Live"]], wanted.type ?? "",
      (value) => change("type", value)),
    isReviewed && choice("Feedback", [["", "All"], ["no", "Not reviewed yet"], ["yes", "Reviewed"]], wanted.reviewed ?? "",
      (value) => change("reviewed", value)),
    choice("Sort", isReviewed ? [...SORTS, ...OWN_SORTS] : SORTS, wanted.sort ?? "", (value) => change("sort", value)));
}

const textOf = (value) =>
  typeof value === "string" ? value : value && typeof value === "object" ? Object.values(value).map(textOf).join(" ") : "";

// Folded once: there may be many interviews, and each letter typed asks anew.
const searched = new WeakMap();

function textSearched(interview) {
  const { candidate, job, questions, questionnaire } = interview;
  if (!searched.has(interview)) {
    searched.set(interview, folded([candidate.display_name, job?.title, textOf(candidate.profile), candidate.resume?.file_name,
      ...questions.map((each) => `${each.text} ${each.answer?.text ?? ""}`), textOf(questionnaire)].join(" ")));
  }
  return searched.get(interview);
}

function fits(interview, wanted) {
  const { job, my_review } = interview;
  return wordsOf(wanted.search ?? "").every((word) => textSearched(interview).includes(word))
    && (!wanted.job || job?.id === wanted.job)
    && (!wanted.type || interview.type === wanted.type)
    && (!wanted.reviewed || (wanted.reviewed === "yes") === hasReview(my_review));
}

export const hasReview = (review) => Boolean(review && (review.rating || review.comment || review.question_ratings.length));

function sorted(interviews, sort) {
  const keys = {
    name: (each) => each.candidate.display_name,
    completed_at: (each) => each.completed_at && new Date(each.completed_at).getTime(),
    rating: (each) => each.my_review?.rating,
  };
  const key = keys[(sort ?? "").replace("-", "")];
  const sign = sort?.startsWith("-") ? -1 : 1;
  return key ? [...interviews].sort((a, b) => compare(key(a), key(b), sign)) : interviews;
}

// What has no key comes last, whichever way it goes.
function compare(a, b, sign) {
  if (a == null || b == null) {
    return (a == null) - (b == null);
  }
  return sign * (typeof a === "string" ? inOrder(a, b) : a - b);
}

// One that cannot be shown as it should takes no other with it.
function cardOrPlain(interview, go) {
  try {
    return card(interview, go);
  } catch {
    return h("li", { class: "card" }, h("div", {}, nameOf(interview, go), h("p", { class: "hint" }, "Some of this cannot be shown here.")));
  }
}

function nameOf(interview, go) {
  const href = `?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), interview: interview.id })}`;
  return h("h2", {}, h("a", { href, onclick: (event) => followHere(event, () => go({ interview: interview.id })) },
    interview.candidate?.display_name || "A candidate"));
}

function card(interview, go) {
  const { candidate, job, watched, my_review } = interview;
  return h("li", { class: "card" },
    portrait(candidate),
    h("div", {},
      nameOf(interview, go),
      h("p", { class: "hint" }, [job.title, interview.type === "live" ? "live interview" : "recorded interview",
        interview.completed_at && dayOf(interview.completed_at)].filter(Boolean).join(" · ")),
      h("p", { class: "marks" }, watchedMark(watched), hasReview(my_review) && h("span", { class: "mark done" }, "Reviewed ",
        my_review.rating ? stars(my_review.rating) : ""))));
}

// A new tab stays the browser's business.
export function followHere(event, follow) {
  if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    follow();
  }
}

export function watchedMark({ seconds, of }) {
  if (!of || seconds < 1) {
    return h("span", { class: "mark" }, "Not watched yet");
  }
  const part = Math.min(100, Math.round((seconds / of) * 100));
  return part >= 90 ? h("span", { class: "mark done" }, "Watched") : h("span", { class: "mark" }, `${part} % watched`);
}
