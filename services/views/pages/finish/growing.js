// Rows as elements: some at once, and more when one comes near the last of them, so that five hundred interviews of forty answers keep
// nobody waiting.
import { h } from "../../../../common/pages/dom.js";

const AT_ONCE = 12;
const SLICE_MS = 10; // so much at a time, on a slow phone too
const NEAR = "1500px";

// list: what rows are appended to. → {end: an element to be put behind it, show(items, make, upTo), all(), stop()}
export function growing(list) {
  const end = h("div", { class: "end", "aria-hidden": "true" });
  let make = null;
  let left = [];
  const nearness = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && grow(), { rootMargin: NEAR });

  const add = (count) => left.splice(0, count).forEach((item) => list.append(...[make(item)].flat()));

  function grow() {
    const until = performance.now() + SLICE_MS;
    do {
      add(1);
    } while (left.length > 0 && performance.now() < until);
    look();
  }

  // Says also at once whether it is near.
  function look() {
    nearness.disconnect();
    if (left.length > 0) {
      nearness.observe(end);
    }
  }

  return {
    end,
    // upTo: how many have to be there at once, at least
    show(items, makeRow, upTo = 0) {
      make = makeRow;
      left = [...items];
      list.replaceChildren();
      add(Math.max(AT_ONCE, upTo));
      look();
    },
    all: () => {
      add(left.length);
      look();
    },
    stop: () => nearness.disconnect(),
  };
}
