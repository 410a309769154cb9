// A recording whose address has run out, or whose network went: it is asked for anew at the same place, twice without a word, and only
// then the reader is told.
const SILENT_TRIES = 2;
const WAIT_MS = 1000;
const GOES_ON_SECONDS = 1; // played since, so that it works again

// fresh(): the address as it is now, or null when the session is over. tell(isBroken): the reader.
export function renewalOf(media, { fresh, tell }) {
  let tries = 0;
  let broken = null; // where it broke, and whether it played
  let timer = 0;

  function onError() {
    if (!media.error || !media.getAttribute("src")) {
      return;
    }
    broken ??= { position: media.currentTime, wasPlaying: !media.paused };
    if (tries >= SILENT_TRIES) {
      tell(true);
      return;
    }
    timer = setTimeout(again, tries++ * WAIT_MS);
  }

  async function again() {
    const before = media.getAttribute("src");
    const address = tries > 1 ? await fresh() : before;
    if (address && broken && media.getAttribute("src") === before) {
      media.src = address;
      if (broken.wasPlaying) {
        media.play().catch(() => {});
      }
    }
  }

  // The reader's own try is heard at once.
  function retry() {
    tries = SILENT_TRIES;
    tell(false);
    broken = { position: broken?.position ?? 0, wasPlaying: true };
    again();
  }

  const onOnline = () => broken && tries >= SILENT_TRIES && retry();
  addEventListener("online", onOnline);
  media.addEventListener("error", onError);
  media.addEventListener("loadedmetadata", () => {
    if (broken) {
      media.currentTime = broken.position;
      tell(false);
    }
  });
  media.addEventListener("timeupdate", () => {
    if (broken && media.currentTime >= broken.position + GOES_ON_SECONDS) {
      forget();
    }
  });
  media.addEventListener("ended", forget);

  function forget() {
    clearTimeout(timer);
    tries = 0;
    broken = null;
  }

  return {
    retry,
    forget,
    stop() {
      forget();
      removeEventListener("online", onOnline);
    },
  };
}
