// "Ask Robin": tells the person who shared, and says what comes of it, which depends on whether the link is over. Without this script the
// form asks by itself.
import { t } from "../../../common/pages/words.js";
import { post } from "./api.js";

export function askSender(form, first) {
  const button = form.querySelector("button");
  const status = document.getElementById("asked");
  let isOver = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) {
      return;
    }
    button.disabled = true;
    status.textContent = "";
    try {
      await post("/request-access", {});
      status.textContent = t(isOver ? "gate.asked_new" : "gate.asked_help", { first });
    } catch (fault) {
      status.textContent = t(fault.status === 429 ? "gate.asked_many" : "gate.asked_not", { first });
      button.disabled = false;
    }
  });

  return {
    isOver() {
      isOver = true;
      button.disabled = false;
      button.textContent = t("gate.ask_new", { first });
      form.querySelector("span")?.remove();
    },
  };
}
