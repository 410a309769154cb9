// What was written and is not saved yet, kept in this browser until it is saved or the reader leaves: it outlives the tab and the
// session, and is saved after the next open of the same link. Each page load keeps its own, so that two tabs do not overwrite each other;
// whoever comes next takes over what it finds. Keys hold a digest of the link's path, which its secret cannot be told from. Where storage
// keeps nothing, this page load keeps it for as long as it is there: a session may end and begin anew in it.
import { path } from "./api.js";

const DAYS_MOST = 30;
const DAY_MS = 86_400_000;
const page = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export const visit = digestOf(path);
const prefix = `draft:${visit}:`;
const inMemory = new Map(); // key → text, of what storage has not taken
const noteKey = `draft:note:${visit}`; // the sentence for whoever shared, until it is sent
const ownKey = (interview) => `${prefix}${interview}:${page}`;
const interviewOf = (key) => key.slice(prefix.length, key.lastIndexOf(":"));

// Whether it is kept: storage may be full, or not allowed.
export const keepDraft = (interview, draft) => keep(ownKey(interview), draft);

function keep(key, draft) {
  const text = JSON.stringify({ ...draft, at: Date.now() });
  try {
    localStorage.setItem(key, text);
    inMemory.delete(key);
    return true;
  } catch {
    inMemory.set(key, text);
    return false;
  }
}

export const keepNote = (note) => (note ? keep(noteKey, { note }) : drop([noteKey]));
export const keptNote = () => read(noteKey)?.note ?? "";

export const dropDraft = (interview) => drop([ownKey(interview)]);

// What this and other page loads have of an interview, and have not saved: [{base, mine}]
export const draftsOf = (interview) => keysOf(interview)
  .map(read).filter((draft) => draft?.base && draft.mine);

// Their text is in the own draft now.
export const dropOthers = (interview) => drop(keysOf(interview).filter((key) => key !== ownKey(interview)));

const keysOf = (interview) => keys().filter((key) => interviewOf(key) === interview);

function drop(dropped) {
  dropped.forEach((key) => inMemory.delete(key));
  try {
    dropped.forEach((key) => localStorage.removeItem(key));
  } catch {
    // There is none.
  }
}

export const hasDrafts = () => keys().length > 0;
export const interviewsWithDrafts = () => [...new Set(keys().map(interviewOf))];
export const forgetDrafts = () => drop([...keys(), noteKey]);

// Takes over what an earlier release of this page has left in this tab, and forgets drafts of long ago, whichever link they were of.
export function tidyDrafts() {
  try {
    for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith(`draft:${path}:`))) {
      localStorage.setItem(`${prefix}${key.slice(`draft:${path}:`.length)}:0`, JSON.stringify({ ...JSON.parse(sessionStorage.getItem(key)), at: Date.now() }));
      sessionStorage.removeItem(key);
    }
  } catch {
    // There is none.
  }
  drop(keys("draft:").filter((key) => !(read(key)?.at > Date.now() - DAYS_MOST * DAY_MS)));
}

function keys(start = prefix) {
  return [...new Set([...stored(), ...inMemory.keys()])].filter((key) => key.startsWith(start));
}

function stored() {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

function read(key) {
  try {
    return JSON.parse(inMemory.get(key) ?? localStorage.getItem(key));
  } catch {
    return null;
  }
}

// 53 bits of a text: no secret of 128 bits can be had back from them.
function digestOf(text) {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (const character of text) {
    high = Math.imul(high ^ character.codePointAt(0), 2654435761);
    low = Math.imul(low ^ character.codePointAt(0), 1597334677);
  }
  const mixed = (a, b) => Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const [first, second] = [mixed(high, low), mixed(low, high)];
  return (4294967296 * (2097151 & second) + (first >>> 0)).toString(36);
}
