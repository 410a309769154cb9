// The gate: takes the passcode from the address or the reader, opens on a press and never by itself. Looking at the page is no open;
// only the button is. A session that is good already goes straight in, whichever tab it began in.
import { language, t } from "../../../common/pages/words.js";
import { fetchContent, openLink, path } from "./api.js";
import { askSender } from "./ask.js";
import { forgetOpen, keepsCookies, noteOpen, wasOpen } from "./browser.js";

const { body } = document;
const { first } = body.dataset;
const [form, field, button, problem, heading, reason, asking] =
  ["open", "passcode", "start", "problem", "who", "reason", "asking"].map((id) => document.getElementById(id));
const label = button.textContent;
const LENGTH = 16;
let code = ""; // from the address, for as long as this page is there
let hasSession = body.dataset.session === "live";
let isOpened = false; // by this page: whoever is not let in after that keeps no cookies
let isBusy = false;
let app = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  start();
});
addEventListener("hashchange", takeCode); // a new link pasted over the old one loads nothing
for (const event of ["pointerenter", "touchstart", "focus"]) {
  button.addEventListener(event, () => load().catch(() => {}), { once: true, passive: true });
}
const asker = askSender(asking, first);

function begin() {
  takeCode();
  if (hasSession || wasOpen()) {
    goStraightIn();
  } else if (!keepsCookies()) {
    say(t("gate.no_cookies"));
  }
}

// The fragment never reaches a server; taking it away keeps it out of the history and of screenshots.
function takeCode() {
  const given = location.hash.slice(1);
  if (given && !document.getElementById(given)) {
    history.replaceState(history.state, "", location.pathname + location.search);
    code = bare(decoded(given));
  }
  showField(code.length !== LENGTH);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // what was pasted behind it
  }
}

// As the server reads it: blanks, dashes, and what a mail program or a sentence has put around it, do not matter.
const bare = (typed) => typed.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "");

function showField(isShown) {
  document.getElementById("code").hidden = !isShown;
  document.getElementById("personal").hidden = isShown;
  if (isShown && code) {
    field.value = (code.match(/.{1,4}/gu) ?? []).join("-");
    code = "";
  }
}

// With a good session, in the place of the gate. One that was thought to be good and is not says so.
async function goStraightIn() {
  body.dataset.session = "live";
  hasSession = true;
  try {
    await enter();
  } catch (fault) {
    body.dataset.session = "none";
    complain(fault);
  }
}

function sayOver() {
  forgetOpen();
  hasSession = false;
  reason.textContent = t(code ? "gate.session_over_text" : "gate.session_over_code");
  reason.setAttribute("role", "status");
}

async function start() {
  const passcode = code || field.value;
  if (isBusy || !isReady(passcode)) {
    return;
  }
  isBusy = true;
  say("");
  button.setAttribute("aria-disabled", "true");
  button.textContent = t("gate.checking");
  try {
    await load(); // before the open: one that shows nothing would be told all the same
    if (!hasSession) {
      await openLink(passcode);
      hasSession = isOpened = true;
    }
    await enter();
  } catch (fault) {
    complain(fault);
  }
  isBusy = false;
  button.removeAttribute("aria-disabled");
  button.textContent = label;
}

function isReady(passcode) {
  if (!hasSession && !keepsCookies()) {
    say(t("gate.no_cookies"));
    return false;
  }
  if (!hasSession && !bare(passcode)) {
    say(t("gate.form"));
    field.focus();
    return false;
  }
  return true;
}

async function enter() {
  const [{ enter: showApp }, content] = await Promise.all([load(), fetchContent()]);
  reason.textContent = "";
  await showApp(content, showOver);
  noteOpen();
}

// What comes after the gate is a bundle of its own, so that the gate is small; it is asked for as soon as somebody reaches for the button.
function load() {
  if (!app) {
    askForParts();
  }
  app ??= import(new URL(`app-${language}.js`, import.meta.url).href).then(async (module) => {
    await module.prepare();
    return module;
  }).catch((fault) => {
    app = null;
    throw Object.assign(new Error("not loaded"), { status: "not_loaded", cause: fault });
  });
  return app;
}

// All that the first view is made of at once: a module tells what it imports only when it is there. The bundle knows (common/pages/bundle).
function askForParts() {
  const view = document.getElementById("waiting").classList.contains("of-interview") ? "interview"
    : new URLSearchParams(location.search).get("view") === "finish" ? "finish" : "list";
  for (const name of globalThis.parts[view]) {
    const link = document.createElement("link");
    Object.assign(link, name.endsWith(".css") ? { rel: "preload", as: "style" } : { rel: "modulepreload" }, { href: new URL(name, import.meta.url).href });
    document.head.append(link);
  }
}

function say(text, ...more) {
  problem.replaceChildren(text, ...more);
}

function complain(fault) {
  if (fault.status === "not_loaded") {
    const again = document.createElement("button");
    Object.assign(again, { type: "button", textContent: t("gate.load_again"), onclick: loadAgain });
    return say(t("gate.not_loaded"), " ", again);
  }
  if (hasSession && !isOpened && fault.status === 401) {
    return sayOver();
  }
  say(reasonOf(fault));
  if (isOpened && fault.status === 401) {
    return undefined;
  }
  if (fault.status === 401 || fault.status === 422) {
    hasSession = false;
    showField(true);
    field.value ||= (code.match(/.{1,4}/gu) ?? []).join("-");
    code = "";
    field.focus();
    field.select();
  } else if (fault.status === 410 || fault.status === 404) {
    asker.isOver();
    sayWhy(fault, problem);
  }
  return undefined;
}

// Which end a link has found, and when.
async function sayWhy({ status }, place) {
  const answer = status === 410 && await fetch(`${path}/state`).catch(() => null);
  const { reason } = (answer?.ok && await answer.json().catch(() => null)) || {};
  if (reason) {
    place.textContent = `${reason} ${t("gate.kept")}`;
  }
}

// The browser does not ask again for a module that did not come; the passcode goes along, past the server.
function loadAgain() {
  if (code && !hasSession) {
    location.hash = code;
  }
  location.reload();
}

function reasonOf(fault) {
  const time = () => (fault.retryAfter > 90 ? t("gate.minutes", { count: Math.ceil(fault.retryAfter / 60) })
    : t("gate.seconds", { count: Math.max(1, fault.retryAfter) }));
  switch (fault.status) {
    case 401: return t(isOpened ? "gate.cookie_lost" : bare(code || field.value).length === LENGTH ? "gate.wrong" : "gate.form");
    case 404: return t("gate.unknown");
    case 410: return `${t("gate.link_over")}. ${t("gate.link_over_text")} ${t("gate.kept")}`;
    case 422: return t("gate.form");
    case 429: return t(fault.code === "too_many_tries" ? "gate.many_tries" : "gate.many_opens", { time: time() });
    case undefined: return t("gate.offline");
    default: return t("gate.later");
  }
}

// Back at the gate in the middle of the work.
function showOver(refusal) {
  const isSession = refusal.status === 401;
  forgetOpen();
  hasSession = isOpened = false;
  body.dataset.session = "none";
  heading.textContent = t(isSession ? "gate.session_over" : "gate.link_over");
  reason.textContent = t(isSession ? (code ? "gate.session_over_text" : "gate.session_over_code") : "gate.link_over_text");
  if (!isSession) {
    reason.append(" ", t("gate.kept"));
  }
  say("");
  form.hidden = !isSession;
  document.title = heading.textContent;
  if (!isSession) {
    asker.isOver();
    sayWhy(refusal, reason);
    document.querySelectorAll("#gate .what, #gate .tells").forEach((each) => each.remove()); // until when, and that opening it is told
  }
  showField(code.length !== LENGTH);
  heading.focus();
}

begin();
