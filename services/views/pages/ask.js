// "Ask for a new link": tells the person who shared, and says that it did.
import { post } from "./api.js";

export function offerNewLink(button, status) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "";
    try {
      await post("/request-access", {});
      status.textContent = "Done. The person who shared this was asked for a new link; it will come by mail.";
    } catch {
      status.textContent = "That did not work just now. Please try again in a minute, or answer the mail that brought you here.";
      button.disabled = false;
    }
  });
}
