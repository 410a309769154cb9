// Counts the seconds of an answer that were really seen, which a jump does not add to, and reports them every ten, at each pause, and
// when the page goes away.
import { reportWatch } from "../api.js";

const REPORT_SECONDS = 10;
const REPORT_MOST_SECONDS = 300;
const JUMP_MOST_SECONDS = 2;

// onseen(question): how much of it was seen has changed.
export function watchingOf(media, interview, question, { end, onseen }) {
  let last = null;
  let seen = 0;
  let isOver = false;

  async function report() {
    const seconds = Math.min(REPORT_MOST_SECONDS, Math.round(seen * 10) / 10);
    if (seconds <= 0) {
      return;
    }
    seen = 0;
    try {
      const now = await reportWatch(interview.id, { question_id: question.id, seconds, position: Math.round(media.currentTime * 10) / 10 });
      question.watched = now.watched;
      interview.watched = { ...interview.watched, ...now.interview.watched };
      onseen(question);
    } catch (fault) {
      if (fault.isTheEnd) {
        end(fault);
      } else if (!isOver && (fault.status === undefined || fault.status >= 500)) {
        seen += seconds; // with the next report
      }
    }
  }

  return {
    report,
    tick() {
      const passed = media.currentTime - (last ?? media.currentTime);
      if (!media.seeking && passed > 0 && passed < JUMP_MOST_SECONDS * media.playbackRate) {
        seen += passed;
      }
      last = media.currentTime;
      if (seen >= REPORT_SECONDS) {
        report();
      }
    },
    jump() {
      last = null;
    },
    stop() {
      report();
      isOver = true;
    },
  };
}

export const lengthOf = ({ answer }) => answer?.duration_seconds ?? 0;

// Of 100; null where there is nothing to watch.
export function percentOf(question) {
  if (!question.answer?.media_url) {
    return null;
  }
  return lengthOf(question) ? Math.min(100, Math.round((question.watched.seconds / lengthOf(question)) * 100)) : 0;
}
