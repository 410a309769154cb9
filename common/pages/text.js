// Texts as the server searches and sorts them: sharelink.folded in services/ctl/schema/functions.sql, and Unicode's root collation,
// which is that of English. tests/blackbox/support/folded.json says for both what is equal to what.
const MARKS = /[\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06ED\u1AB0-\u1AFF\u1DC0-\u1DFF\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\u20D0-\u20FF\u3099\u309A\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF]+/g;
const OTHERS = { ß: "ss", æ: "ae", œ: "oe", þ: "th", ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", ς: "σ",
  "‘": "'", "’": "'", ʼ: "'", "‐": "-", "–": "-", "—": "-", "−": "-" };
const OTHER = new RegExp(`[${Object.keys(OTHERS).join("")}]`, "g");

export const folded = (text) =>
  text.normalize("NFKD").replace(MARKS, "").toLowerCase().replace(OTHER, (letter) => OTHERS[letter]);

// Each has to be found somewhere; their order and what lies between them do not matter.
export const wordsOf = (search) => folded(search).split(/\s+/).filter(Boolean);

export const inOrder = new Intl.Collator("en").compare;
