// The captions of what plays: one track, on or off as the reader has last chosen on this page.
import { h } from "../../../../common/pages/dom.js";
import { language, t } from "../../../../common/pages/words.js";

let isOn = true;

export function captionsOn(media) {
  const button = h("button", { class: "plain", type: "button", "aria-pressed": "true", onclick: () => choose(!isOn) }, t("stage.captions"));
  let track = null;

  function choose(wanted) {
    isOn = wanted;
    show();
  }

  function show() {
    button.setAttribute("aria-pressed", String(isOn));
    if (track) {
      track.track.mode = isOn ? "showing" : "hidden";
    }
  }

  // The player's own menu changes it, too.
  media.textTracks.addEventListener("change", () => {
    if (track && track.readyState === 2 && (track.track.mode === "showing") !== isOn) {
      isOn = !isOn;
      show();
    }
  });

  return {
    button,
    take(url, spoken) {
      track?.remove();
      track = url ? h("track", { kind: "captions", src: url, srclang: spoken ?? language, label: t("stage.captions"), default: isOn }) : null;
      button.hidden = !track;
      if (track) {
        track.addEventListener("error", (event) => {
          if (event.target === track) {
            button.hidden = true;
          }
        });
        media.append(track);
      }
      show();
    },
  };
}
