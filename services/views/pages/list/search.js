// One line to search by: what is typed is asked of the server after a short pause, the latest alone is shown, and where the server cannot
// be asked it is asked again as soon as there is a connection.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { SEARCH_MAX, isByNamesAlone, searchAnew } from "../selection.js";

const PAUSE_MS = 200;
const AGAIN_MS = 10000;

// change(text) puts it into the address; refresh() shows what was found. → {label, field, ask(), clear(), stop()}
export function searchOf(text, { change, refresh, end }) {
  const field = h("input", { type: "search", id: "search", value: text, maxlength: String(SEARCH_MAX), dir: "auto", autocomplete: "off", spellcheck: "false",
    enterkeyhint: "search", "aria-label": t("list.search"), placeholder: t("list.search_hint"), oninput: () => later(PAUSE_MS) });
  let timer = 0;
  let asking = null;

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      change(field.value.trim());
      ask();
    }, pause);
  }

  async function ask() {
    clearTimeout(timer);
    asking?.abort();
    const mine = asking = new AbortController();
    try {
      await searchAnew(mine.signal);
    } catch (fault) {
      if (!mine.signal.aborted) {
        end(fault);
      }
      return;
    }
    if (!mine.signal.aborted) {
      refresh();
      if (isByNamesAlone()) {
        timer = setTimeout(ask, AGAIN_MS);
      }
    }
  }

  const askAgain = () => isByNamesAlone() && ask();
  addEventListener("online", askAgain);
  return {
    field,
    ask,
    now: () => later(0),
    clear() {
      field.value = "";
      field.focus();
      change("");
      ask();
    },
    stop() {
      clearTimeout(timer);
      asking?.abort();
      removeEventListener("online", askAgain);
    },
  };
}
