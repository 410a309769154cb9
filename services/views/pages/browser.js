// What this browser allows, and what it remembers of this link. Storage may be forbidden, and then throws when it is only named.
import { path } from "./api.js";
import { visit } from "./drafts.js";

const key = `open:${visit}`;

// Whether a session would last. Asked before anything is opened, by a cookie like the session's own that says nothing and goes at once:
// no request is made, so that nothing counts as a try or an open.
export function keepsCookies() {
  const name = "sharelink_probe";
  const rest = `; Path=${path}; SameSite=Strict${location.protocol === "https:" ? "; Secure" : ""}`;
  try {
    document.cookie = `${name}=1${rest}`;
    const isKept = document.cookie.split("; ").includes(`${name}=1`);
    document.cookie = `${name}=; Max-Age=0${rest}`;
    return isKept;
  } catch {
    return false;
  }
}

// That a session is open, for the browser's other tabs: the session's cookie is out of a script's reach, and is not sent when a link in a
// mail is followed from another site.
export const noteOpen = () => attempt(() => localStorage.setItem(key, "1"));
export const forgetOpen = () => attempt(() => localStorage.removeItem(key));
export const wasOpen = () => attempt(() => localStorage.getItem(key) !== null) ?? false;

// Calls back when another tab leaves this link.
export function onLeft(left) {
  const channel = attempt(() => new BroadcastChannel(key));
  channel?.addEventListener("message", left);
  addEventListener("storage", (event) => event.key === key && event.newValue === null && event.oldValue !== null && left());
  return () => channel?.postMessage("left"); // tells the other tabs
}

function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}
