// The keyboard of the stage. A key that somebody types into a field, or that a button takes, is not ours.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";

const FIELD = "input, textarea, select, [contenteditable]";
const TAKES_SPACE = "button, a, summary, video, audio, [role=tab], [tabindex='0']";

// acts: { play, jump(seconds), rate(stars), question(step), candidate(step), search }; those of the stage are added when it is there.
export function keysOf(acts) {
  const dialog = helpOf();
  const act = (name, ...values) => acts[name] && (() => acts[name](...values));

  function onKey(event) {
    const { target } = event;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // whatever caps lock says
    const from = target instanceof Element ? target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]") || from.closest(FIELD)) {
      return;
    }
    const meant = starsOf(key) ?? (event.shiftKey ? shifted(key, from) : plain(key, from));
    if (meant) {
      event.preventDefault();
      meant();
    }
  }

  // Some keyboards have digits with Shift alone.
  const starsOf = (key) => (/^[1-5]$/.test(key) ? act("rate", Number(key)) : null);

  function plain(key, from) {
    return {
      " ": from.closest(TAKES_SPACE) ? null : act("play"),
      k: act("play"),
      j: act("jump", -10),
      l: act("jump", 10),
      n: act("question", 1),
      p: act("question", -1),
      "/": act("search"),
      "?": help,
    }[key];
  }

  function shifted(key, from) {
    return {
      n: act("candidate", 1),
      p: act("candidate", -1),
      "?": help,
      "/": act("search"),
      ArrowRight: from.closest("video, audio") ? null : act("candidate", 1),
      ArrowLeft: from.closest("video, audio") ? null : act("candidate", -1),
    }[key];
  }

  function help() {
    if (!dialog.isConnected) {
      document.body.append(dialog);
    }
    dialog.showModal();
  }

  addEventListener("keydown", onKey);
  return {
    help,
    add: (more) => Object.assign(acts, more),
    stop() {
      removeEventListener("keydown", onKey);
      dialog.remove();
    },
  };
}

const KEYS = [["space", "k", "play"], ["j", "l", "jump"], ["1–5", null, "rate"], ["n", "p", "question"], ["Shift+N", "Shift+P", "candidate"],
  ["/", null, "search"], ["?", null, "help"]];

function helpOf() {
  const dialog = h("dialog", { class: "keys-help", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, t("stage.keyboard")),
    h("dl", {}, KEYS.map(([first, second, what]) => [
      h("dt", {}, h("kbd", {}, first === "space" ? t("stage.key_space") : first), second && [" ", h("kbd", {}, second)]),
      h("dd", {}, t(`stage.key_${what}`))])),
    h("button", { type: "button", onclick: () => dialog.close() }, t("stage.close")));
  return dialog;
}
