// A text whose found words stand out.
import { h } from "../../../common/pages/dom.js";
import { folded } from "../../../common/pages/text.js";

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

// Where folded words stand in a text as it was written: [[from, to], …] in order, none within another.
function placesOf(text, words) {
  const { plain, places } = foldedWithPlaces(text);
  const found = words.flatMap((word) => {
    const starts = [];
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      starts.push([places[at], places[at + word.length]]);
    }
    return starts;
  }).sort((a, b) => a[0] - b[0]);
  return found.reduce((joined, [from, to]) => {
    const last = joined[joined.length - 1];
    if (last && from <= last[1]) {
      last[1] = Math.max(last[1], to);
    } else {
      joined.push([from, to]);
    }
    return joined;
  }, []);
}

// Letter by letter: one may become two, or none.
function foldedWithPlaces(text) {
  let plain = "";
  const places = [];
  let at = 0;
  for (const letter of text) {
    const made = folded(letter);
    plain += made;
    places.push(...Array(made.length).fill(at));
    at += letter.length;
  }
  return { plain, places: [...places, text.length] };
}
