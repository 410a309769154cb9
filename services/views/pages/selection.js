// Which interviews are shown, and in which order: by the search, filters and sort of the address. The list, Previous and Next, "2 of 6"
// and the next one that is not reviewed all go by it. The order is that in which the list was last shown: what is rated on the way moves
// nothing under one's hands.
import { searchContent } from "./api.js";
import { folded, inOrder, wordsOf } from "../../../common/pages/text.js";

export const SEARCH_MAX = 200;
const WAIT_MOST_MS = 6000;
const NAMES = ["search", "job", "type", "reviewed", "min_rating", "sort"];

const NOWHERE = [];

let found = { search: "", ids: null, found_in: new Map() }; // what the server says to the last search; ids null: it could not be asked
let kept = null; // the last order

// → {search, job, type, reviewed, min_rating, sort}, each "" where it is not asked for
export function wishOf() {
  const given = new URLSearchParams(location.search);
  const wish = Object.fromEntries(NAMES.map((name) => [name, given.get(name) ?? ""]));
  return { ...wish, search: wish.search.trim().slice(0, SEARCH_MAX) };
}

// A row has none once everything was taken back; one that has only notes on answers counts.
export const hasReview = Boolean;

// Whether the server has said what is searched.
export const isAnswered = () => found.search === wishOf().search && (!found.search || found.ids !== null);

// Asks the server what the address searches for, unless it has said so already. Where it cannot be asked, names on this page are
// searched. Throws what ends the session, and the abort of what a later search has overtaken.
export async function searchAnew(signal) {
  const { search } = wishOf();
  if (isAnswered()) {
    return;
  }
  const answer = search ? await answerTo(search, signal) : {};
  if (search === wishOf().search) { // else it is asked for no more
    found = { search, ids: null, found_in: new Map(), ...answer };
  }
}

async function answerTo(search, signal) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), WAIT_MOST_MS);
  signal?.addEventListener("abort", () => limit.abort());
  try {
    const { interviews } = await searchContent(search, limit.signal);
    return { ids: interviews.map(({ id }) => id), found_in: new Map(interviews.map((each) => [each.id, each.found_in ?? []])) };
  } catch (fault) {
    if (signal?.aborted || fault.isTheEnd) {
      throw fault;
    }
    return {};
  } finally {
    clearTimeout(timer);
  }
}

// Whether the server could not be asked for what is searched.
export const isByNamesAlone = () => Boolean(found.search) && !found.ids;
export const foundIn = (id) => found.found_in.get(id) ?? NOWHERE;

// The list is shown anew: what was reviewed meanwhile counts.
export function orderAnew() {
  kept = null;
}

export function selectionOf(content) {
  const { order, ids } = orderOf(content);
  const reviews = new Map(content.interviews.map((each) => [each.id, each.my_review]));
  const isOpen = (id) => !hasReview(reviews.get(id));

  // One that the filters leave out has its neighbours all the same.
  function beyond(id, step) {
    for (let at = order.indexOf(id) + step; at >= 0 && at < order.length; at += step) {
      if (ids.includes(order[at])) {
        return order[at];
      }
    }
    return null;
  }

  return {
    ids,
    next: (id) => beyond(id, 1),
    previous: (id) => (order.includes(id) ? beyond(id, -1) : null),
    nextNotReviewed(id) {
      const at = order.indexOf(id) + 1;
      return [...order.slice(at), ...order.slice(0, at)].find((each) => each !== id && ids.includes(each) && isOpen(each)) ?? null;
    },
    place: (id) => ids.indexOf(id) + 1, // from 1; 0 for one that the filters leave out
    reviewed: ids.filter((id) => !isOpen(id)).length,
    total: ids.length,
  };
}

function orderOf({ interviews }) {
  const wish = wishOf();
  const here = new Set(interviews.map(({ id }) => id));
  const key = JSON.stringify([wish, isByNamesAlone(), found.search, interviews.length]);
  if (kept?.key !== key || !kept.order.every((id) => here.has(id))) {
    const order = sorted(interviews, wish);
    kept = { key, order: order.map(({ id }) => id), ids: order.filter((each) => fits(each, wish)).map(({ id }) => id) };
  }
  return kept;
}

function fits(interview, wish) {
  const { id, job, type, my_review } = interview;
  return (!wish.search || (found.ids?.includes(id) ?? hasName(interview, wordsOf(wish.search))))
    && (!wish.job || job?.id === wish.job)
    && (!wish.type || type === wish.type)
    && (!wish.reviewed || (wish.reviewed === "yes") === hasReview(my_review))
    && (!wish.min_rating || my_review?.rating >= Number(wish.min_rating));
}

const nameOf = (interview) => folded(interview.candidate?.display_name ?? "");
const hasName = (interview, words) => words.every((word) => nameOf(interview).includes(word));

function sorted(interviews, { search, sort }) {
  const keys = {
    name: (each) => each.candidate?.display_name,
    completed_at: (each) => new Date(each.completed_at ?? NaN).getTime() || null,
    rating: (each) => each.my_review?.rating,
  };
  const key = keys[sort.replace("-", "")] ?? (search && !sort ? telling(search) : null);
  const sign = sort.startsWith("-") ? -1 : 1;
  return key ? [...interviews].sort((a, b) => compare(key(a), key(b), sign)) : interviews;
}

// A search ranks names that begin as it does, then names with a word that does, then other names, then as the server ranks what else was found.
function telling(search) {
  const words = wordsOf(search);
  const places = new Map((found.ids ?? []).map((id, place) => [id, place]));
  const ranks = new Map();
  return (interview) => {
    if (!ranks.has(interview)) {
      const name = nameOf(interview);
      const rank = name.startsWith(words.join(" ")) ? 0 : words.every((word) => ` ${name}`.includes(` ${word}`)) ? 1 : hasName(interview, words) ? 2 : 3;
      ranks.set(interview, rank * 1e6 + (places.get(interview.id) ?? 0));
    }
    return ranks.get(interview);
  };
}

// What has no key comes last, whichever way it goes.
function compare(a, b, sign) {
  if (a == null || b == null) {
    return (a == null) - (b == null);
  }
  return sign * (typeof a === "string" ? inOrder(a, b) : a - b);
}
