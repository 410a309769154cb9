// What plays an answer: the picture that stays in view, with speed, ten seconds back or on, captions and the whole screen. One element plays
// one answer after the other, so that a browser that was once allowed to play goes on being allowed.
import { fill, h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { captionsOn } from "./captions.js";
import { renewalOf } from "./renewal.js";
import { lengthOf, watchingOf } from "./watching.js";

const SPEEDS = ["0.75", "1", "1.25", "1.5", "2"];
const STEP_SECONDS = 10;
const RESUME_SECONDS = 3; // from the start or to the end: not worth it
let speed = "1";
let shape = "wide"; // of the last picture: one's recordings are mostly alike

// hooks: end(refusal), fresh(question) → address, onseen(question), onended(), onplay(), ontime(seconds)
export function playerOn(interview, hooks) {
  const media = { video: made("video"), audio: made("audio") };
  const picture = h("div", { class: `picture ${shape}` });
  const problem = h("div", { class: "broken", role: "alert", hidden: true });
  const over = h("div", { class: "veil" });
  const play = h("button", { class: "play", type: "button", onclick: toggle });
  const bar = h("div", { class: "controls", role: "group", "aria-label": t("stage.controls") });
  const element = h("section", { class: "player", "aria-label": t("stage.player") }, picture, bar);
  const positions = new Map();
  let on = null; // the element that plays
  let question = null;
  let watching = null;
  let due = null; // the second to go to as soon as what is asked for is there

  function made(name) {
    const node = h(name, { controls: true, playsinline: true, preload: "metadata" });
    const parts = { node, captions: captionsOn(node) };
    parts.renewal = renewalOf(node, { fresh: () => hooks.fresh(question), tell: (isBroken) => parts === on && tell(isBroken) });
    const mine = (act) => () => parts === on && act();
    node.addEventListener("timeupdate", mine(() => {
      watching.tick();
      hooks.ontime(node.currentTime);
    }));
    node.addEventListener("seeking", mine(() => watching.jump()));
    node.addEventListener("play", mine(() => {
      showPlay();
      hooks.onplay();
    }));
    node.addEventListener("pause", mine(() => {
      showPlay();
      watching.report();
    }));
    node.addEventListener("ended", mine(hooks.onended));
    node.addEventListener("loadedmetadata", mine(() => {
      showShape();
      seek(due);
    }));
    return parts;
  }

  // starts: whether it plays at once. at: from where, in seconds.
  function show(asked, { starts, at }) {
    leave();
    question = asked;
    const { answer } = question;
    element.classList.toggle("without", !answer?.media_url);
    tell(false);
    if (!answer?.media_url) {
      return;
    }
    on = media[answer.kind === "audio" ? "audio" : "video"];
    picture.classList.toggle("sound", answer.kind === "audio");
    const { node } = on;
    if (node.parentElement !== picture) {
      fill(picture, node, problem, over);
      fill(bar, play, jumpButton(-STEP_SECONDS), jumpButton(STEP_SECONDS), speedChoice(), on.captions.button, wholeScreen());
    }
    node.setAttribute("aria-label", t("stage.answer_to", { question: question.text }));
    watching = watchingOf(node, interview, question, hooks);
    node.src = answer.media_url;
    on.captions.take(answer.captions_url, interview.language);
    node.defaultPlaybackRate = node.playbackRate = Number(speed);
    seek(at ?? positions.get(question.id) ?? resumedAt(question));
    if (starts) {
      start();
    }
    showPlay();
  }

  function leave() {
    if (on) {
      positions.set(question.id, on.node.ended ? 0 : position());
      due = null;
      on.node.pause();
      watching.stop();
      on.renewal.forget();
      on = null;
    }
  }

  function start() {
    on?.node.play().catch(() => showPlay()); // not allowed without a gesture: the button is there
  }

  function toggle() {
    if (on?.node.paused) {
      start();
    } else {
      on?.node.pause();
    }
  }

  function seek(seconds) {
    const isThere = on?.node.readyState > 0;
    if (isThere && seconds !== null) {
      on.node.currentTime = Math.max(0, seconds);
    }
    due = isThere ? null : Math.max(0, seconds) || null;
  }

  const position = () => due ?? on?.node.currentTime ?? 0;
  const jump = (seconds) => on && seek(position() + seconds);

  function jumpButton(seconds) {
    return h("button", { class: "plain", type: "button", onclick: () => jump(seconds), "aria-label": t(seconds < 0 ? "stage.back" : "stage.on", { count: Math.abs(seconds) }) },
      `${seconds < 0 ? "−" : "+"}${Math.abs(seconds)}`);
  }

  function speedChoice() {
    const select = h("select", { "aria-label": t("stage.speed"), onchange: () => {
      speed = select.value;
      on.node.defaultPlaybackRate = on.node.playbackRate = Number(speed);
    } }, SPEEDS.map((each) => h("option", { value: each, selected: each === speed }, `${each}×`)));
    return select;
  }

  function wholeScreen() {
    return picture.requestFullscreen && on === media.video && h("button", { class: "plain whole", type: "button", onclick: () =>
      (document.fullscreenElement ? document.exitFullscreen() : picture.requestFullscreen()).catch(() => {}) }, t("stage.whole_screen"));
  }

  function showPlay() {
    play.textContent = on?.node.paused === false ? t("stage.pause") : `▶ ${t("stage.play")}`;
  }

  // A portrait gets the height that the page can spare.
  function showShape() {
    const { videoWidth, videoHeight } = on.node;
    if (videoWidth) {
      shape = videoHeight > videoWidth ? "tall" : "wide";
      picture.classList.toggle("tall", shape === "tall");
      picture.classList.toggle("wide", shape === "wide");
    }
  }

  function tell(isBroken) {
    problem.hidden = !isBroken;
    fill(problem, ...(isBroken ? [h("p", {}, t("stage.broken")), h("button", { type: "button", onclick: () => {
      play.focus({ preventScroll: true });
      on.renewal.retry();
    } }, t("stage.try_again"))] : []));
  }

  const report = () => watching?.report();
  const reportHidden = () => document.visibilityState === "hidden" && report();
  addEventListener("pagehide", report);
  document.addEventListener("visibilitychange", reportHidden);

  return {
    element, over, show, toggle, jump,
    // To a second of what is shown, and on from there.
    playFrom(seconds) {
      seek(seconds);
      start();
    },
    focus: () => (on ? play : null)?.focus({ preventScroll: true }),
    get isPlaying() {
      return on?.node.paused === false;
    },
    get position() {
      return position();
    },
    stop() {
      leave();
      media.video.renewal.stop();
      media.audio.renewal.stop();
      removeEventListener("pagehide", report);
      document.removeEventListener("visibilitychange", reportHidden);
      for (const { node } of Object.values(media)) {
        node.removeAttribute("src");
        node.load(); // lets go of what was loaded
      }
    },
  };
}

function resumedAt(question) {
  const { position } = question.watched;
  return position > RESUME_SECONDS && position < lengthOf(question) - RESUME_SECONDS ? position : 0;
}
