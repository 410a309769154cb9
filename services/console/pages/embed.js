// For pages of platforms: Sharelink.console(place, { url, renew, on }) puts a session's page into an element, renews it, and tells what happens.
(() => {
  const { origin } = new URL(document.currentScript.src);
  const console = (place, { url, title = "Share links", renew, on = {} }) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: url, title, allow: "clipboard-write" });
    Object.assign(frame.style, { width: "100%", height: "100%", border: "0" });
    const say = (type, more) => frame.contentWindow?.postMessage({ source: "sharelink", v: 1, type, ...more }, origin);
    const hear = async ({ data, origin: from, source }) => {
      if (from !== origin || source !== frame.contentWindow || data?.source !== "sharelink" || data.v !== 1) {
        return;
      }
      if (data.type === "expiring" && renew) {
        say("renew", { url: await renew() });
      }
      on[data.type]?.(data);
    };
    addEventListener("message", hear);
    place.replaceChildren(frame);
    return {
      open: (view, more) => say("open", { view, ...more }),
      theme: (scheme) => say("theme", { scheme }),
      remove() {
        removeEventListener("message", hear);
        frame.remove();
      },
    };
  };
  window.Sharelink = { console };
})();
