// One to five stars, or none.
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { radiosOf } from "./radios.js";

export function starChoice(legend, onchoose) {
  const { element, show, inputs } = radiosOf({
    name: "stars",
    className: "rating",
    legend,
    options: [1, 2, 3, 4, 5].map((value) => ({
      value,
      label: t("feedback.stars", { count: value }),
      face: h("span", { class: "glyph", "aria-hidden": "true" }),
    })),
    onchoose: (value) => {
      draw(value);
      onchoose(value);
    },
  });

  function draw(rating) {
    inputs.forEach(({ value, face }) => {
      face.textContent = value <= (rating ?? 0) ? "★" : "☆";
    });
  }

  draw(null);
  return {
    element,
    show(rating) {
      show(rating);
      draw(rating);
    },
  };
}
