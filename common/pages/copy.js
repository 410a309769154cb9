// Copying as a browser lets us: by its clipboard, else by its older command; else the text is selected, for the reader to copy.
import { h } from "./dom.js";

const SAID_MS = 2500;

// True only when it was copied.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const field = h("textarea", { class: "unseen", readonly: true });
    field.style.whiteSpace = "pre"; // else it is copied without its indentation
    document.body.append(field);
    field.value = text;
    field.focus({ preventScroll: true });
    field.select();
    const wasCopied = document.execCommand("copy");
    field.remove();
    focused.focus({ preventScroll: true });
    return wasCopied;
  }
}

// A button that says whether it was copied. shown: what to select when it was not, if it is on the page.
export function copyButton(label, text, shown) {
  const said = h("span", { class: "unseen", role: "status" });
  let timer = null;
  const button = h("button", { type: "button", class: "copy", onclick: async () => {
    const wasCopied = await copyText(text());
    button.textContent = said.textContent = wasCopied ? "Copied" : "Press Ctrl+C";
    if (!wasCopied) {
      said.textContent = text();
      getSelection().selectAllChildren(shown ?? said);
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = label;
      said.textContent = "";
    }, SAID_MS);
  } }, label);
  return [button, said];
}
