// "Tell Robin I'm done": said with a sentence or without, taken back by the next change of a review, and said again.
import { fill, h } from "../../../../common/pages/dom.js";
import { nodes, t } from "../../../../common/pages/words.js";
import { sayDone } from "../api.js";
import { keepNote, keptNote } from "../drafts.js";
import { saveAll } from "../later.js";
import { saysDone, senderOf } from "./told.js";

const NOTE_MAX = 2000;

// → {element, refresh()}. noteDone(time) keeps what was told; end(refusal) when the session is over.
export function doneOf(content, { noteDone, end }) {
  const status = h("div", { class: "saying", role: "status", tabindex: "-1" });
  const field = h("textarea", { id: "done-note", rows: "2", maxlength: String(NOTE_MAX), dir: "auto", oninput: () => keepNote(field.value) });
  const button = h("button", { class: "primary", type: "submit" }, nodes("finish.done", { sender: senderOf(content) }));
  let isTelling = false;
  const form = h("form", { class: "done", onsubmit: tell },
    h("label", { for: "done-note" }, nodes("finish.note", { sender: senderOf(content) })), field, button);

  function refresh() {
    if (isTelling) {
      return; // and says so
    }
    fill(status, saysDone(content));
    form.hidden = Boolean(content.done_at);
  }

  async function tell(event) {
    event.preventDefault();
    if (isTelling) {
      return;
    }
    isTelling = true;
    button.setAttribute("aria-disabled", "true");
    fill(status, h("p", {}, nodes("finish.telling", { sender: senderOf(content) })));
    try {
      await saveAll(); // what is saved after it would take it back
      const { done_at } = await sayDone(field.value.trim());
      noteDone(done_at);
      field.value = "";
      keepNote("");
      isTelling = false;
      refresh();
      status.focus();
    } catch (fault) {
      if (fault.isTheEnd) {
        end(fault);
        return;
      }
      fill(status, h("p", { class: "problem" }, t(fault.status ? "finish.not_taken" : "finish.not_told")));
    } finally {
      isTelling = false;
      button.removeAttribute("aria-disabled");
    }
  }

  field.value = keptNote();
  refresh();
  return { element: h("section", { class: "telling" }, form, status), refresh };
}
