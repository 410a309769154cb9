// A text whose found words stand out.
import { h } from "../../../common/pages/dom.js";
import { placesOf } from "../../../common/pages/text.js";

// words: folded, as wordsOf (common/pages/text.js) makes them. → texts and <mark> elements
export function marked(text, words) {
  const nodes = [];
  let from = 0;
  for (const [begin, end] of words.length > 0 ? placesOf(text, words) : []) {
    nodes.push(text.slice(from, begin), h("mark", {}, text.slice(begin, end)));
    from = end;
  }
  return [...nodes, text.slice(from)].filter((node) => node !== "");
}
