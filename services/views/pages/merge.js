// Merging what two sides have made of the same text or review: a three-way merge. What either side typed is kept, once where both typed
// the same, and what either side took away is gone.
const CHANGES_MOST = 200; // up to so many pieces gone and put in, the way from one text to another is looked for piece by piece,
const CHANGES_MOST_WITHIN = 50; // and from one part to another, of which there may be many
const ALIKE = 0.75; // two sentences that share so much are one that was changed,
const SENTENCE_MOST = 50; // and what has more characters is no sentence

// A review: each rating goes by itself, mine where both changed it; texts are merged.
export function mergeReviews(base, mine, theirs) {
  const ids = new Set([...mine.question_ratings, ...theirs.question_ratings].map((each) => each.question_id));
  const chosen = (was, my, their) => (my === was ? their : my);
  return textOf({
    rating: chosen(base.rating, mine.rating, theirs.rating),
    recommendation: chosen(base.recommendation, mine.recommendation, theirs.recommendation),
    comment: merge(base.comment, mine.comment, theirs.comment),
    question_ratings: [...ids].map((id) => {
      const [was, my, their] = [base, mine, theirs].map((each) => ratingOn(each, id));
      return { question_id: id, rating: chosen(was.rating, my.rating, their.rating), note: merge(was.note, my.note, their.note) };
    }),
  });
}

export const ratingOn = (review, id) => review.question_ratings.find((each) => each.question_id === id) ?? { question_id: id, rating: null, note: "" };

// What a review says, in one form: without what says nothing.
export function textOf({ rating, recommendation, comment, question_ratings }) {
  const kept = (question_ratings ?? []).filter((each) => each.rating || each.note)
    .map(({ question_id, rating: stars, note }) => ({ question_id, rating: stars ?? null, note: note ?? "" }))
    .sort((a, b) => (a.question_id < b.question_id ? -1 : 1));
  return { rating: rating ?? null, recommendation: recommendation ?? null, comment: comment ?? "", question_ratings: kept };
}

export const isSame = (a, b) => JSON.stringify(textOf(a)) === JSON.stringify(textOf(b));
export const isEmpty = (review) => isSame(review, {});

export function merge(base, mine, theirs) {
  if (mine === theirs || mine === base) {
    return theirs;
  }
  if (theirs === base) {
    return mine;
  }
  const [my, their] = [editsOf(base, mine), editsOf(base, theirs)];
  return goesOn(mine, my, theirs) ? theirs : goesOn(theirs, their, mine) ? mine : applied(base, my, their);
}

// Whether a later text has all that these edits have put into a text, where they have put it: the other side has seen them, and gone on
// from there.
function goesOn(text, edits, later) {
  let shift = 0;
  const put = edits.map(({ start, end, text: added }) => {
    const from = start + shift;
    shift += added.length - (end - start);
    return [from, from + added.length];
  });
  const gone = editsOf(text, later);
  return put.some(([from, to]) => hasWords(text.slice(from, to)))
    && !put.some(([from, to]) => gone.some(({ start, end }) => hasWords(text.slice(Math.max(from, start), Math.min(to, end)))));
}

const hasWords = (text) => /[\p{L}\p{N}]/u.test(text);

// What to do with base to get text: [{start, end, text}] in order, by words, places being those of base.
export function editsOf(base, text) {
  const [a, b] = [wordsOf(base), wordsOf(text)];
  const edits = [];
  let [place, i, j] = [0, 0, 0];
  for (const [x, y] of [...cleaned(shared(...numbered(a, b)), a, b), [a.length, b.length]]) {
    const gone = a.slice(i, x).join("");
    const put = b.slice(j, y).join("");
    if (gone || put) {
      edits.push({ start: place, end: place + gone.length, text: put });
    }
    place += gone.length + (a[x]?.length ?? 0);
    [i, j] = [x + 1, y + 1];
  }
  return edits;
}

// Where a place of the text before is after these edits; what was put in exactly there comes after it.
export function placeAfter(edits, place) {
  let shift = 0;
  for (const { start, end, text } of edits) {
    if (start >= place) {
      break;
    }
    if (end > place) {
      return start + shift + Math.min(text.length, place - start);
    }
    shift += text.length - (end - start);
  }
  return place + shift;
}

const wordsOf = (text) => text.match(/\n|[^\S\n]+|[\p{L}\p{N}\p{M}_'’-]+|[^\s\p{L}\p{N}\p{M}_'’-]/gu) ?? [];

// The same pieces as numbers, which are compared sooner.
function numbered(...lists) {
  const numbers = new Map();
  return lists.map((pieces) => pieces.map((piece) => {
    const number = numbers.get(piece) ?? numbers.size;
    numbers.set(piece, number);
    return number;
  }));
}

// What two lists of pieces have in common, in its order, as pairs of places. Where they differ in too much for the shortest way from one to
// the other, what stands once in each holds the rest together, and between such pieces it is looked for again.
function shared(a, b, most = CHANGES_MOST) {
  let first = 0;
  while (first < a.length && first < b.length && a[first] === b[first]) {
    first++;
  }
  let last = 0;
  while (last < a.length - first && last < b.length - first && a[a.length - 1 - last] === b[b.length - 1 - last]) {
    last++;
  }
  const head = Array.from({ length: first }, (_, at) => [at, at]);
  const tail = Array.from({ length: last }, (_, at) => [a.length - last + at, b.length - last + at]);
  const [c, d] = [a.slice(first, a.length - last), b.slice(first, b.length - last)];
  const between = shortest(c, d, Math.min(c.length + d.length, most)) ?? around(onceInEach(c, d), c, d);
  return [...head, ...between.map(([x, y]) => [x + first, y + first]), ...tail];
}

function around(pairs, a, b) {
  const kept = [];
  let [i, j] = [0, 0];
  for (const [x, y] of pairs.length > 0 ? [...pairs, [a.length, b.length]] : []) {
    kept.push(...shared(a.slice(i, x), b.slice(j, y), CHANGES_MOST_WITHIN).map(([m, n]) => [m + i, n + j]), [x, y]);
    [i, j] = [x + 1, y + 1];
  }
  return kept.slice(0, -1);
}

// Myers' way: how far each diagonal is reached with so many pieces gone and put in; null where that would be too many.
function shortest(a, b, most) {
  const reached = new Int32Array(2 * most + 3); // of diagonal k at k + most + 1
  const steps = [];
  for (let changes = 0; changes <= most; changes++) {
    steps.push(reached.slice(most + 1 - changes, most + 2 + changes));
    for (let k = -changes; k <= changes; k += 2) {
      const at = k + most + 1;
      let x = isPutIn(reached, at, k, changes) ? reached[at + 1] : reached[at - 1] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) {
        x++;
      }
      reached[at] = x;
      if (x >= a.length && x - k >= b.length) {
        return pairsOf(steps, a, b);
      }
    }
  }
  return null;
}

const isPutIn = (reached, at, k, changes) => k === -changes || (k !== changes && reached[at - 1] < reached[at + 1]);

// The way back, from step to step.
function pairsOf(steps, a, b) {
  const pairs = [];
  let [x, y] = [a.length, b.length];
  for (let changes = steps.length - 1; changes >= 0; changes--) {
    const k = x - y;
    const before = isPutIn(steps[changes], k + changes, k, changes) ? k + 1 : k - 1;
    const from = changes > 0 ? steps[changes][before + changes] : 0;
    while (x > from && y > from - before && x > 0 && y > 0 && a[x - 1] === b[y - 1]) {
      pairs.push([--x, --y]);
    }
    [x, y] = [from, from - before];
  }
  return pairs.reverse();
}

// The longest row of such pieces that has the same order in both.
function onceInEach(a, b) {
  const [inA, inB] = [a, b].map(placesOfSingles);
  const pairs = [...inA].filter(([piece]) => inB.has(piece)).map(([piece, x]) => [x, inB.get(piece)]);
  const ends = []; // of the best row of each length so far: the pair that ends it
  const before = new Map();
  for (const pair of pairs) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      [low, high] = ends[middle][1] < pair[1] ? [middle + 1, high] : [low, middle];
    }
    before.set(pair, ends[low - 1]);
    ends[low] = pair;
  }
  const row = [];
  for (let pair = lastOf(ends); pair; pair = before.get(pair)) {
    row.push(pair);
  }
  return row.reverse();
}

function placesOfSingles(pieces) {
  const places = new Map();
  pieces.forEach((piece, at) => places.set(piece, places.has(piece) ? -1 : at));
  return new Map([...places].filter(([, at]) => at >= 0));
}

// A blank or a short word between two larger changes is shared by chance: taken for one change, it stays a sentence.
function cleaned(pairs, a, b) {
  const runs = runsOf(pairs);
  const [inA, inB] = [a, b].map(lengthsOf);
  const sizeBefore = (at) => {
    const [x, y] = at > 0 ? lastOf(runs[at - 1]) : [-1, -1];
    const [toX, toY] = at < runs.length ? runs[at][0] : [a.length, b.length];
    return Math.max(inA[toX] - inA[x + 1], inB[toY] - inB[y + 1]);
  };
  const isChance = (at) => {
    const text = runs[at].map(([x]) => a[x]).join("");
    const least = Math.min(sizeBefore(at), sizeBefore(at + 1));
    return !text.includes("\n") && least > 0 && text.trim().length <= least;
  };
  for (let at = 0; at < runs.length;) {
    if (isChance(at)) {
      runs.splice(at, 1);
      at = Math.max(0, at - 1); // what is around the one before it has grown
    } else {
      at++;
    }
  }
  return runs.flat();
}

// How many characters stand before each piece.
function lengthsOf(pieces) {
  const lengths = [0];
  pieces.forEach((piece) => lengths.push(lastOf(lengths) + piece.length));
  return lengths;
}

function runsOf(pairs) {
  const runs = [];
  for (const pair of pairs) {
    const run = lastOf(runs);
    const last = run && lastOf(run);
    if (last && last[0] + 1 === pair[0] && last[1] + 1 === pair[1]) {
      run.push(pair);
    } else {
      runs.push([pair]);
    }
  }
  return runs;
}

const lastOf = (list) => list[list.length - 1];

// What both put in at the same place stands there once as far as it is the same; theirs comes first, as it is saved already.
function applied(base, mine, theirs) {
  const all = [...mine, ...theirs];
  const places = [...new Set([0, base.length, ...all.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const isGone = (place) => all.some(({ start, end }) => start <= place && place < end);
  const putAt = (edits, place) => edits.find(({ start }) => start === place)?.text ?? "";
  const pieces = places.flatMap((place, at) => {
    const end = Math.max(place, ...all.filter(({ start }) => start === place).map((each) => each.end));
    const isOwnLine = (place === 0 || base[place - 1] === "\n") && (end === base.length || base[end] === "\n");
    return [both(putAt(theirs, place), putAt(mine, place), isOwnLine), isGone(place) ? "" : base.slice(place, places[at + 1] ?? base.length)];
  });
  // Two words meet only where the blank between them was taken away by one side.
  return pieces.reduce((text, piece) => text + (/[\p{L}\p{N}]$/u.test(text) && /^[\p{L}\p{N}]/u.test(piece) ? " " : "") + piece, "");
}

// Two sentences that begin or end alike and say different things between are two sentences.
function isOfItsOwn(theirs, mine, edits) {
  const left = theirs.length - edits.reduce((sum, { start, end }) => sum + end - start, 0);
  const most = Math.max(theirs.length, mine.length);
  return most <= SENTENCE_MOST && left < ALIKE * most && edits.some(({ start, end, text }) => hasWords(text) && hasWords(theirs.slice(start, end)));
}

function both(theirs, mine, isOwnLine) {
  if (theirs.startsWith(mine) || mine.startsWith(theirs)) {
    return theirs.length > mine.length ? theirs : mine; // one side is further in writing the same
  }
  if (isOwnLine && areApart(theirs, mine)) {
    return `${theirs.trimEnd()}\n\n${mine}`;
  }
  const all = editsOf(theirs, mine);
  const edits = isOfItsOwn(theirs, mine, all) ? [{ start: 0, end: theirs.length, text: mine }] : all;
  let text = "";
  let at = 0;
  for (const { start, end, text: put } of edits) {
    const own = theirs.slice(start, end);
    const isWhole = own === theirs && put === mine;
    const isApart = !own || !put || /\s$/.test(own) || /^\s/.test(put);
    text += theirs.slice(at, end) + (isApart ? "" : isWhole && isOwnLine ? "\n\n" : " ") + put;
    at = end;
  }
  return text + theirs.slice(at);
}

// Whole sentences on either side, and none that both have: each has written a text of its own, whatever words they share.
function areApart(theirs, mine) {
  const [own, other] = [theirs, mine].map((text) => text.match(/[^.!?\n]+[.!?\n]*/g)?.map((each) => each.trim()).filter(hasWords) ?? []);
  return [theirs, mine].every((text) => /[.!?]\s*$/.test(text)) && !own.some((each) => other.includes(each));
}
