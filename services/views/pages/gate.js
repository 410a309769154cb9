// The gate: takes the passcode from the address or the reader, opens on a click and never by itself. Looking at the page is no open;
// only the button is.
import { fetchContent, openLink, path } from "./api.js";
import { offerNewLink } from "./ask.js";

const form = document.getElementById("open");
const field = document.getElementById("passcode");
const button = form.querySelector("button");
const problem = document.getElementById("problem");
const heading = document.getElementById("who");
const label = button.textContent;
const LENGTH = 16;
const FORM = `A passcode has ${LENGTH} letters and digits. Please check the mail.`;

form.addEventListener("submit", open);
offerNewLink(document.getElementById("ask"), document.getElementById("asked"));
async function start() {
  // A reload goes on in the same session; there is nothing to ask the server for before the first open.
  if (sessionStorage.getItem(`open:${path}`) && !location.hash) {
    try {
      return await enter(await fetchContent());
    } catch {
      sessionStorage.removeItem(`open:${path}`);
    }
  }
  takePasscodeFromAddress();
  addEventListener("hashchange", takePasscodeFromAddress); // a new link pasted over the old one loads nothing
}

// The fragment never reaches a server; taking it away keeps it out of the history and of screenshots.
function takePasscodeFromAddress() {
  if (location.hash.length > 1) {
    const given = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    let text = given;
    try {
      text = decodeURIComponent(given);
    } catch {
      // what was pasted behind it
    }
    field.value = (bare(text).match(/.{1,4}/gu) ?? []).join("-");
  }
}

// As the server reads it: blanks, dashes, and what a mail program or a sentence has put around it, do not matter.
export const bare = (typed) => typed.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "");

async function open(event) {
  event.preventDefault();
  problem.textContent = "";
  button.disabled = true;
  button.textContent = "Opening…";
  try {
    await openLink(field.value);
    await enter(await fetchContent());
  } catch (fault) {
    complain(fault);
  } finally {
    button.disabled = false;
    button.textContent = label;
  }
}

function complain(fault) {
  problem.textContent = reasonOf(fault);
  if (fault.status === 401 || fault.status === 422) {
    field.focus();
    field.select();
  }
}

function reasonOf(fault) {
  switch (fault.status) {
    case 401: return bare(field.value).length === LENGTH ? "That is not the passcode of this link. Please check the mail." : FORM;
    case 404: return "We do not know this link. Please open it from the mail again.";
    case 410: return "This link is over: it has expired or was switched off. You can ask for a new one below.";
    case 422: return FORM;
    case 429: return `There were too many wrong tries. Please try again in ${waiting(fault.retryAfter)}.`;
    case undefined: return "There is no connection just now. Please try again.";
    default: return "That did not work just now. Please try again in a minute.";
  }
}

function waiting(seconds) {
  return seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.max(1, seconds)} seconds`;
}

// What comes after the gate is a bundle of its own, so that the gate is small.
async function enter(content) {
  const app = await import(new URL("app.js", import.meta.url));
  app.enter(content, showOver);
}

// Back at the gate in the middle of the work.
function showOver(refusal) {
  heading.textContent = refusal.status === 401 ? "Your session is over" : "This link is over";
  problem.textContent = refusal.status === 401
    ? "Please enter the passcode again. What you have written is kept on this device until it is saved."
    : "It has expired or was switched off. You can ask for a new one below. What you have written is kept on this device for now.";
  document.title = "Shared interviews";
  heading.focus();
}

start();
