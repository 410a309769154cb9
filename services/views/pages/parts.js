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

let groups = 0;

// One to five stars or none, as radio buttons: arrow keys choose, and a button takes the choice back.
export function starChoice(legend, rating, onchange) {
  const name = `stars-${++groups}`;
  const none = h("button", { class: "plain none", type: "button", onclick: () => choose(null) }, "Clear");
  const choices = [1, 2, 3, 4, 5].map((value) => ({
    value,
    input: h("input", { type: "radio", name, id: `${name}-${value}`, onchange: () => choose(value) }),
    glyph: h("span", { "aria-hidden": "true" }),
  }));

  function show(chosen) {
    for (const { value, input, glyph } of choices) {
      input.checked = value === chosen;
      glyph.textContent = chosen && value <= chosen ? "★" : "☆";
    }
    none.hidden = !chosen;
  }

  function choose(chosen) {
    show(chosen);
    if (!chosen) {
      choices[0].input.focus();
    }
    onchange(chosen);
  }

  show(rating);
  const element = h("fieldset", { class: "rating" }, h("legend", {}, legend),
    h("div", { class: "row" }, choices.map(({ value, input, glyph }) => h("span", { class: "star" }, input,
      h("label", { for: input.id }, glyph, h("span", { class: "unseen" }, value === 1 ? "1 star" : `${value} stars`)))), none));
  return { element, show };
}
