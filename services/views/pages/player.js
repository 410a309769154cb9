// One answer: the video or audio with captions, speed and ten seconds back or on; or the text. Counts the seconds that were really
// seen, which a jump does not add to, and reports them every ten.
import { reportWatch } from "./api.js";
import { choice, h } from "../../../common/pages/dom.js";

const REPORT_SECONDS = 10;
const JUMP_MOST_SECONDS = 2;
let speed = "1";
let goesOn = true;

export function playerOf(interview, question, { starts, onended, end }) {
  const { answer } = question;
  if (!answer?.media_url) {
    const text = answer?.text;
    return {
      elements: [text ? h("blockquote", { class: "lines" }, text) : h("p", { class: "hint" }, question.skipped ? "The candidate skipped this question." : "There is no answer.")],
      stop: () => {},
    };
  }
  const media = h(answer.kind === "audio" ? "audio" : "video", { controls: true, playsinline: true, preload: "metadata", src: answer.media_url,
    "aria-label": `Answer to: ${question.text}` },
    answer.captions_url && h("track", { kind: "captions", src: answer.captions_url, srclang: "en", label: "Captions", default: true }));
  const problem = h("p", { class: "problem", role: "alert", hidden: true }, "This recording could not be loaded. ",
    h("button", { class: "plain", type: "button", onclick: retry }, "Try again"));
  const watched = watch(media, interview, question, end);

  function retry() {
    const position = media.currentTime;
    problem.hidden = true;
    media.addEventListener("loadedmetadata", () => {
      media.currentTime = position;
    }, { once: true });
    media.load();
    media.play().catch(() => {});
  }

  media.addEventListener("error", () => {
    problem.hidden = false;
  });
  media.addEventListener("ended", () => goesOn && onended());
  media.defaultPlaybackRate = media.playbackRate = Number(speed);
  if (starts) {
    media.play().catch(() => {}); // not allowed without a gesture: the controls are there
  }
  return { elements: [media, problem, controls(media)], stop: () => stop(media, watched) };
}

function controls(media) {
  const jump = (seconds) => () => {
    media.currentTime = Math.max(0, media.currentTime + seconds);
  };
  return h("div", { class: "controls" },
    h("button", { class: "plain", type: "button", onclick: jump(-10) }, "−10 s"),
    h("button", { class: "plain", type: "button", onclick: jump(10) }, "+10 s"),
    choice("Speed", ["0.75", "1", "1.25", "1.5", "2"].map((each) => [each, `${each}×`]), speed, (value) => {
      speed = value;
      media.defaultPlaybackRate = media.playbackRate = Number(value);
    }),
    h("label", { class: "check" }, h("input", { type: "checkbox", checked: goesOn, onchange: (event) => {
      goesOn = event.target.checked;
    } }), "Play the next by itself"));
}

function watch(media, interview, question, end) {
  let last = null;
  let seen = 0;

  async function report() {
    const seconds = Math.min(300, Math.round(seen * 10) / 10);
    if (seconds <= 0) {
      return;
    }
    seen = 0;
    try {
      const now = await reportWatch(interview.id, { question_id: question.id, seconds, position: Math.round(media.currentTime * 10) / 10 });
      question.watched = now.watched;
      interview.watched = now.interview.watched;
    } catch (fault) {
      if (fault.isTheEnd) {
        end(fault);
      } else if (fault.status === undefined || fault.status >= 500) {
        seen += seconds; // with the next report
      }
    }
  }

  media.addEventListener("timeupdate", () => {
    const passed = media.currentTime - (last ?? media.currentTime);
    if (!media.seeking && passed > 0 && passed < JUMP_MOST_SECONDS * media.playbackRate) {
      seen += passed;
    }
    last = media.currentTime;
    if (seen >= REPORT_SECONDS) {
      report();
    }
  });
  media.addEventListener("seeking", () => {
    last = null;
  });
  media.addEventListener("pause", report);
  addEventListener("pagehide", report);
  return { report, stop: () => removeEventListener("pagehide", report) };
}

function stop(media, watched) {
  media.pause();
  watched.report();
  watched.stop();
}
