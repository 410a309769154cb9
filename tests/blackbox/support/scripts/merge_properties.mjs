// node merge_properties.mjs MERGE.mjs SEED TIMES: random edits of random texts, merged. Most words typed are one of a kind, so that they can
// be counted. Prints what broke a rule, and ends with 1.
const [, , module, seed, times] = process.argv;
const { merge, mergeReviews, editsOf, placeAfter, textOf } = await import(module);

let state = Number(seed);
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
const below = (number) => Math.floor(random() * number);
const pick = (list) => list[below(list.length)];

const COMMON = ["the", "a", "and", "good", "team", "very", "calm", "mag", "Überblick", "سريع", "見込み", "👍🏽", "10", "don’t"];
const ENDS = [" ", " ", " ", " ", ". ", ", ", "\n", "\n\n", " – ", "  "];
let typed = 0;
const fresh = () => `${pick(["x", "ß", "é"])}${++typed}${pick(["k", "ж", "z"])}`;
const some = (count, word) => Array.from({ length: count }, () => word() + pick(ENDS)).join("");

// Replaces, takes away, puts in, at the borders of words; returns the text and what was typed.
function edited(text, edits) {
  let now = text;
  const words = [];
  for (let each = 0; each < edits; each++) {
    const borders = [...now.matchAll(/\b|$/g)].map(({ index }) => index);
    const from = pick(borders);
    const to = random() < 0.5 ? from : Math.min(now.length, pick(borders.filter((place) => place >= from && place < from + 30)));
    const put = random() < 0.75 ? some(1 + below(4), () => {
      words.push(fresh());
      return words[words.length - 1];
    }) : "";
    now = now.slice(0, from) + (put && from > 0 && /\w$/.test(now.slice(0, from)) ? " " : "") + put + now.slice(to);
  }
  return { text: now, words: words.filter((word) => now.includes(word)) };
}

const squeezed = (text) => text.split(/\s+/).join(" ").trim();
const counted = (text, word) => text.split(word).length - 1;

function check(rule, holds, ...told) {
  if (!holds) {
    console.log(rule, ...told.map((each) => JSON.stringify(each)));
    process.exitCode = 1;
  }
}

for (let each = 0; each < Number(times); each++) {
  const base = random() < 0.15 ? "" : some(1 + below(40), () => pick(COMMON));
  const mine = edited(base, 1 + below(4));
  const theirs = edited(base, 1 + below(4));
  const merged = merge(base, mine.text, theirs.text);
  const all = [base, mine.text, theirs.text, merged];
  for (const word of [...mine.words, ...theirs.words]) {
    check(`${word} must stand there once`, counted(merged, word) === 1, ...all);
  }
  for (const side of [mine, theirs]) {
    const order = side.words.slice().sort((a, b) => side.text.indexOf(a) - side.text.indexOf(b));
    check("words stay in their order", order.every((word, at) => !at || merged.indexOf(order[at - 1]) < merged.indexOf(word)), ...all);
  }
  for (const word of new Set(COMMON)) {
    const most = Math.max(counted(base, word), 0) + Math.max(0, counted(mine.text, word) - counted(base, word)) + Math.max(0, counted(theirs.text, word) - counted(base, word));
    check(`${word} is not doubled`, counted(merged, word) <= most + mine.words.length + theirs.words.length, ...all);
  }
  check("the same change once", merge(base, mine.text, mine.text) === mine.text, base, mine.text);
  check("one side alone", merge(base, mine.text, base) === mine.text && merge(base, base, theirs.text) === theirs.text, base);
  // The other side has my change, and one of its own below it.
  const further = `${mine.text}\n\n${fresh()}`;
  check("what is a change further is taken whole", mine.words.length === 0 || squeezed(merge(base, mine.text, further)) === squeezed(further), base, mine.text, further);
  // As after a conflict: merging again with what was saved changes nothing.
  check("merging again changes nothing", merge(theirs.text, merged, merged) === merged && merge(theirs.text, merged, theirs.text) === merged, ...all);
  const edits = editsOf(base, mine.text);
  const applied = edits.reduceRight((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), base);
  check("edits make the text", applied === mine.text, base, mine.text, edits);
  const places = Array.from({ length: base.length + 1 }, (_, place) => placeAfter(edits, place));
  check("a cursor stays within, and in order", places.every((place, at) => place >= 0 && place <= mine.text.length && (!at || place >= places[at - 1])), base, mine.text);
}

// --- apart from each other, the same words, in texts as long as may be ---

// Changes every twelfth word, from the first that is told, in one of three ways; words put in are not one of a kind.
function changedAt(words, first) {
  const way = () => pick(["put in", "replaced", "gone", "left"]);
  return new Map(words.map((_, at) => [at, at % 12 === first ? way() : "left"])
    .filter(([, how]) => how !== "left").map(([at, how]) => [at, { how, put: some(1 + below(2), () => pick(COMMON)).replace(/\s+/g, " ") }]));
}

const written = (words, ...sides) => words.map((word, at) => {
  const { how, put } = sides.map((side) => side.get(at)).find(Boolean) ?? {};
  return how === "put in" ? `${put}${word} ` : how === "replaced" ? put : how === "gone" ? "" : `${word} `;
}).join("");

for (let each = 0; each < Number(times) / 20; each++) {
  const words = Array.from({ length: pick([5, 30, 300, 1500]) }, () => `${fresh()}${pick(["", ".", ","])}`);
  const [mine, theirs] = [changedAt(words, 2), changedAt(words, 8)];
  const all = [written(words), written(words, mine), written(words, theirs)];
  const merged = merge(...all);
  check("what is changed apart is changed as each side has it", merged === written(words, mine, theirs), ...all, merged);
}

// --- without what both began with ---

let [inBoth, doubled] = [0, 0];
for (let each = 0; each < Number(times); each++) {
  const text = some(1 + below(40), fresh);
  const [mine, theirs] = [edited(text, 1 + below(2)), edited(text, 1 + below(2))];
  const merged = merge("", mine.text, theirs.text);
  for (const word of new Set(`${mine.text} ${theirs.text}`.match(/[xßé]\d+[kжz]/g))) {
    const [found, isInBoth] = [counted(merged, word), mine.text.includes(word) && theirs.text.includes(word)];
    check(`${word} is not lost`, found > 0, mine.text, theirs.text, merged);
    check(`${word} of one side stands there once`, isInBoth || found === 1, mine.text, theirs.text, merged);
    inBoth += isInBoth;
    doubled += found > 1;
  }
}
// Two whole sentences that share a word stay two sentences.
check("what both have stands there once, but for a word here and there", doubled < 0.03 * inBoth, doubled, inBoth);

// --- as long and as different as may be: both are kept, and nobody waits ---

const filled = (word) => {
  let text = "";
  while (text.length < 9_950) {
    text += word() + pick(ENDS);
  }
  return text.trim();
};
const took = (act) => {
  const began = process.cpuUsage();
  act();
  return process.cpuUsage(began).user;
};
const table = () => {
  const cells = new Uint16Array(10_000_000);
  for (let at = 1001; at < cells.length; at++) {
    cells[at] = at % 7 ? Math.max(cells[at - 1], cells[at - 1000]) : cells[at - 1001] + 1;
  }
};
const KINDS = [fresh, () => `${fresh()}aufgabe`, () => pick(COMMON), () => String.fromCodePoint(97 + below(26), 97 + below(26), 97 + below(26)), () => pick(["a", "b"]), () => "a".repeat(9_900)];
took(table);
for (const word of KINDS) {
  const [base, mine, theirs] = [filled(word), filled(word), filled(word)];
  for (const from of ["", base]) {
    let merged = "";
    const most = 5 * Math.min(...Array.from({ length: 3 }, () => took(table)));
    const time = took(() => {
      merged = merge(from, mine, theirs);
    });
    check("a merge takes no longer than five tables of ten million cells", time < most, time, most, mine.slice(0, 60), from.length);
    if (word === KINDS[0] || word === KINDS[1]) {
      const missing = [mine, theirs].flatMap((text) => text.match(/[xßé]\d+[kжz]/g)).filter((each) => counted(merged, each) !== 1);
      check("both texts are kept, once", missing.length === 0, missing.slice(0, 5), from.length);
    }
  }
}

const review = (rating, recommendation, comment, ...ratings) => textOf({ rating, recommendation, comment,
  question_ratings: ratings.map(([question_id, stars, note]) => ({ question_id, rating: stars, note })) });
const merged = mergeReviews(review(3, null, "Calm.", ["a", 1, ""], ["b", 2, "old"]), review(3, "yes", "Calm. Quick.", ["a", null, ""], ["b", 2, "old mine"]),
  review(5, null, "Very calm.", ["a", 1, ""], ["b", 4, "old"], ["c", 5, ""]));
check("each rating by itself", JSON.stringify(merged) === JSON.stringify(review(5, "yes", "Very calm. Quick.", ["b", 4, "old mine"], ["c", 5, ""])), merged);
