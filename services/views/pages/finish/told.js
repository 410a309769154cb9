// Whether the sender has been told that one is done, as the list and the end say it.
import { h } from "../../../../common/pages/dom.js";
import { nodes, t } from "../../../../common/pages/words.js";
import { clockOf, dayOf, momentOf } from "../times.js";

// What there is to say of it: that it was told, or that a change has taken it back.
export function saysDone(content) {
  const { done_at, expires_at, is_taken_back } = content;
  if (done_at) {
    const when = dayOf(done_at) === dayOf(new Date()) ? clockOf(done_at) : momentOf(done_at);
    return h("p", { class: "told" }, nodes("page.told", { sender: senderOf(content), when }), " ",
      expires_at ? t("page.still", { moment: momentOf(expires_at) }) : t("page.still_open"));
  }
  return is_taken_back ? h("p", { class: "told" }, nodes("page.taken_back", { sender: senderOf(content) })) : null;
}

export const senderOf = (content) => h("bdi", { dir: "auto" }, content.sender_name);
