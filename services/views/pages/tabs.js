// What the tabs of one link in one browser tell each other.
import { visit } from "./drafts.js";

const name = `feedback:${visit}`;

// → { tell(message), close() }; hear(message) is called with what other tabs tell.
export function tabsOf(hear) {
  return typeof BroadcastChannel === "function" ? byChannel(hear) : byStorage(hear);
}

function byChannel(hear) {
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => hear(data);
  return { tell: (message) => channel.postMessage(message), close: () => channel.close() };
}

// A key that is set and taken away at once: the other tabs get its event all the same.
function byStorage(hear) {
  const listen = ({ key, newValue }) => key === name && newValue && hear(JSON.parse(newValue));
  addEventListener("storage", listen);
  return {
    tell(message) {
      try {
        localStorage.setItem(name, JSON.stringify(message));
        localStorage.removeItem(name);
      } catch {
        // They hear of it from the server.
      }
    },
    close: () => removeEventListener("storage", listen),
  };
}
