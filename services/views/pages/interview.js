// One interview: its head at once, from the list's row, and the stage when the whole of it is there.
import { fill, h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { paperOf, printsPages } from "./finish/paper.js";
import { interviewOf } from "./stage/interviews.js";
import { keysOf } from "./stage/keys.js";
import { headOf } from "./stage/stage_head.js";
import { stageOn } from "./stage/stage.js";
import { searchAnew, selectionOf } from "./selection.js";
import "./shared.js";

const SKELETON_AFTER_MS = 150;

export function showInterview(app, context) {
  const { content, starts, end, go } = context;
  const id = new URLSearchParams(location.search).get("interview");
  const row = content.interviews.find((each) => each.id === id);
  const head = headOf(row, context);
  const keys = keysOf({ candidate }); // whoever goes through the candidates need not wait for the whole of each
  const body = h("div", { class: "stage-body", "aria-busy": "true" });
  let stage = null;
  let stopPrinting = () => {};
  let waiting = 0;
  let isClosed = false;

  async function load() {
    waiting = setTimeout(() => fill(body, skeleton()), SKELETON_AFTER_MS);
    try {
      const interview = await interviewOf(id);
      if (!isClosed) {
        stage = stageOn(body, interview, { ...context, row, head, keys, starts });
        stopPrinting = printsPages(() => [paperOf(interview, savedReview(interview), { withTranscripts: true })]);
      }
    } catch (fault) {
      if (!isClosed && fault.isTheEnd) {
        end(fault);
      } else if (!isClosed) {
        fill(body, refusalOf(fault));
      }
    } finally {
      clearTimeout(waiting);
      body.removeAttribute("aria-busy");
    }
  }

  function candidate(step) {
    const selection = selectionOf(content);
    const neighbour = step > 0 ? selection.next(id) : selection.previous(id);
    if (neighbour) {
      go({ interview: neighbour, question: null });
    }
  }

  // What was saved here stands in the row, whole.
  const savedReview = (interview) => (row.my_review?.question_ratings ? row.my_review : interview.my_review);

  // Whom else a search has found is known of the list, or asked for here.
  async function findNeighbours() {
    try {
      await searchAnew();
    } catch (fault) {
      if (!isClosed && fault.isTheEnd) {
        end(fault);
      }
    }
    if (!isClosed) {
      head.refresh();
    }
  }

  function refusalOf(fault) {
    const isGone = fault.status === 404;
    const retry = h("button", { type: "button", onclick: () => {
      head.heading.focus({ preventScroll: true });
      fill(body);
      load();
    } }, t("stage.try_again"));
    return h("div", { class: "panel broken", role: "alert" }, h("p", {}, t(isGone ? "stage.gone" : fault.status ? "stage.not_loaded" : "stage.offline")), !isGone && retry);
  }

  document.documentElement.classList.add("has-stage");
  fill(app, h("div", { class: "stage" }, head.element, body, head.after));
  head.heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  load();
  findNeighbours();
  return () => {
    isClosed = true;
    clearTimeout(waiting);
    keys.stop();
    stage?.stop();
    stopPrinting();
    head.stop();
    document.documentElement.classList.remove("has-stage");
  };
}

function skeleton() {
  return [h("p", { class: "unseen", role: "status" }, t("stage.loading")),
    h("div", { class: "skeleton", "aria-hidden": "true" }, h("div", { class: "picture" }), h("div", { class: "bone" }), h("div", { class: "bone" }), h("div", { class: "bone short" }))];
}
