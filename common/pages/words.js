// The page's words in its language: the catalogue of common/words that the page has loaded before this.
const words = (globalThis.words ??= {});
export const language = document.documentElement.lang || "en";
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const PLACE = /\{(\w+)\}/;

// The text of a key ("gate.start"), its places filled with texts and numbers; a text that depends on a number goes by values.count.
export function t(key, values = {}) {
  return nodes(key, values).join("");
}

// The same as a list of texts and of what else the values are: elements.
export function nodes(key, values = {}) {
  const found = words[key] ?? key;
  const text = typeof found === "string" ? found : found[plurals.select(values.count)] ?? found.other;
  // Every second piece is a place's name.
  return text.split(PLACE).map((piece, place) => (place % 2 ? shown(values[piece]) : piece)).filter((piece) => piece !== "");
}

const shown = (value) => (typeof value === "number" ? numbers.format(value) : value ?? "");
