// Small pieces that the list and the interview share.
import { h } from "../../../common/pages/dom.js";

// The avatar, or the first letter of each name.
export function portrait(candidate) {
  const initials = candidate.display_name.split(/\s+/).map((word) => [...word][0] ?? "").slice(0, 2).join("").toUpperCase();
  const letters = h("span", { class: "portrait", "aria-hidden": "true" }, initials);
  if (!candidate.avatar_url) {
    return letters;
  }
  return h("img", { class: "portrait", src: candidate.avatar_url, alt: "", loading: "lazy", decoding: "async", width: "56", height: "56",
    onerror: (event) => event.target.replaceWith(letters) });
}

// label: what it says to who does not see them.
export function stars(rating, label = `${rating} of 5 stars`) {
  return h("span", { class: "stars", role: "img", "aria-label": label }, "★".repeat(rating) + "☆".repeat(5 - rating));
}
