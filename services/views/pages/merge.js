// Merging what two sides have made of the same text or review: a three-way merge. What either side typed is kept, once where both typed
// the same, and what either side took away is gone.
const CELLS_MOST = 4_000_000; // of the table that finds what two texts share

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
  return goesOn(base, my, theirs) ? theirs : goesOn(base, their, mine) ? mine : applied(base, my, their);
}

// Whether a text has all that these edits put into base: the other side has seen them, and gone on from there.
function goesOn(base, edits, text) {
  const put = edits.map((each) => each.text.trim()).filter((each) => /[\p{L}\p{N}]/u.test(each));
  return put.every((each) => text.includes(each)) && put.some((each) => !base.includes(each));
}

// What to do with base to get text: [{start, end, text}] in order, places being those of base. By words; where they are too many to be
// compared, by lines first.
export function editsOf(base, text) {
  return differences(base, text, wordsOf) ?? (differences(base, text, linesOf) ?? [{ start: 0, end: base.length, text }]).flatMap((edit) => {
    const inner = differences(base.slice(edit.start, edit.end), edit.text, wordsOf) ?? [{ start: 0, end: edit.end - edit.start, text: edit.text }];
    return inner.map((each) => ({ ...each, start: each.start + edit.start, end: each.end + edit.start }));
  });
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

const linesOf = (text) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const wordsOf = (text) => text.match(/\n|[^\S\n]+|[\p{L}\p{N}\p{M}_'’-]+|[^\s\p{L}\p{N}\p{M}_'’-]/gu) ?? [];

function differences(base, text, piecesOf) {
  const [a, b] = [piecesOf(base), piecesOf(text)];
  const pairs = shared(a, b);
  if (!pairs) {
    return null;
  }
  const edits = [];
  let [place, i, j] = [0, 0, 0];
  for (const [x, y] of [...cleaned(pairs, a, b), [a.length, b.length]]) {
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

// The longest common subsequence, as pairs of places; null where that takes too long to find.
function shared(a, b) {
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
  const between = longest(a.slice(first, a.length - last), b.slice(first, b.length - last));
  return between && [...head, ...between.map(([x, y]) => [x + first, y + first]), ...tail];
}

function longest(a, b) {
  const width = b.length + 1;
  if ((a.length + 1) * width > CELLS_MOST) {
    return null;
  }
  const table = new Uint16Array((a.length + 1) * width);
  for (let x = a.length - 1; x >= 0; x--) {
    for (let y = b.length - 1; y >= 0; y--) {
      table[x * width + y] = a[x] === b[y] ? table[(x + 1) * width + y + 1] + 1 : Math.max(table[(x + 1) * width + y], table[x * width + y + 1]);
    }
  }
  const pairs = [];
  for (let x = 0, y = 0; x < a.length && y < b.length;) {
    if (a[x] === b[y]) {
      pairs.push([x++, y++]);
    } else if (table[(x + 1) * width + y] >= table[x * width + y + 1]) {
      x++;
    } else {
      y++;
    }
  }
  return pairs;
}

// A blank or a short word between two larger changes is shared by chance: taken for one change, it stays a sentence.
function cleaned(pairs, a, b) {
  let kept = pairs;
  for (let found = true; found;) {
    found = false;
    const runs = runsOf(kept);
    const sizeBefore = (at) => {
      const [x, y] = at > 0 ? lastOf(runs[at - 1]) : [-1, -1];
      const [toX, toY] = at < runs.length ? runs[at][0] : [a.length, b.length];
      return Math.max(a.slice(x + 1, toX).join("").length, b.slice(y + 1, toY).join("").length);
    };
    const chance = runs.findIndex((run, at) => {
      const text = run.map(([x]) => a[x]).join("");
      const least = Math.min(sizeBefore(at), sizeBefore(at + 1));
      return !text.includes("\n") && least > 0 && text.trim().length <= least;
    });
    if (chance >= 0) {
      kept = runs.flatMap((run, at) => (at === chance ? [] : run));
      found = true;
    }
  }
  return kept;
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

// What both put in at the same place stands there once if it is the same; theirs comes first, as it is saved already.
function applied(base, mine, theirs) {
  const places = [...new Set([0, base.length, ...[...mine, ...theirs].flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const isGone = (place) => [...mine, ...theirs].some(({ start, end }) => start <= place && place < end);
  const putAt = (edits, place) => edits.find(({ start }) => start === place)?.text ?? "";
  const pieces = places.flatMap((place, at) => {
    const around = { before: base.slice(0, place), after: base.slice(endOfGone(place, mine, theirs)) };
    return [both(putAt(theirs, place), putAt(mine, place), around), isGone(place) ? "" : base.slice(place, places[at + 1] ?? base.length)];
  });
  // Two words meet only where the blank between them was taken away by one side.
  return pieces.reduce((text, piece) => text + (/[\p{L}\p{N}]$/u.test(text) && /^[\p{L}\p{N}]/u.test(piece) ? " " : "") + piece, "");
}

const endOfGone = (place, ...sides) => Math.max(place, ...sides.flat().filter(({ start }) => start === place).map(({ end }) => end));

function both(theirs, mine, { before, after }) {
  if (!theirs || !mine || theirs.includes(mine)) {
    return theirs || mine;
  }
  if (mine.includes(theirs)) {
    return mine;
  }
  const isOwnLine = (!before || before.endsWith("\n")) && (!after || after.startsWith("\n"));
  const rest = withoutShared(mine, theirs);
  const isApart = /\s$/.test(theirs) || /^\s/.test(rest);
  return theirs + (isApart ? "" : isOwnLine ? "\n\n" : " ") + rest;
}

// What mine says beyond the whole sentences that both begin with.
function withoutShared(mine, theirs) {
  let length = 0;
  for (const { 0: sentence, index } of mine.matchAll(/[^.!?\n]+[.!?\n]+\s*/g)) {
    if (index !== length || !theirs.startsWith(sentence, length) || mine.length === length + sentence.length) {
      break;
    }
    length += sentence.length;
  }
  return mine.slice(length);
}
