// The feed of events, by fetch: EventSource could send no token. One stream for the page, none while it is hidden; it goes on behind the
// last event that was heard.
const AGAIN_MS = 2000;
const AGAIN_MOST_MS = 60 * 1000;

export function follow(call, onEvent) {
  let last = null;
  let stop = null; // of the stream that is open
  let wait = AGAIN_MS;

  async function open() {
    const control = new AbortController();
    stop = control;
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const answer = await call("GET", "/v1/events/stream", { headers, signal: control.signal });
      if (answer.status === 404) {
        last = null; // an event that is gone from the log
      }
      if (answer.ok) {
        wait = AGAIN_MS;
        await readEvents(answer.body, (event) => {
          last = event.id;
          onEvent(event);
        });
      }
    } catch (fault) {
      if (fault.code === "session_over") {
        return;
      }
    }
    if (stop === control) {
      stop = null;
      setTimeout(resume, wait);
      wait = Math.min(wait * 2, AGAIN_MOST_MS);
    }
  }

  function resume() {
    if (!document.hidden && !stop) {
      open();
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stop?.abort();
      stop = null;
    } else {
      resume();
    }
  });
  resume();
}

// An event ends with an empty line; of its fields the data has all that the others say.
async function readEvents(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const pieces = (text + value).split("\n\n");
    text = pieces.pop();
    for (const piece of pieces) {
      const data = /^data: (.*)$/m.exec(piece);
      if (data) {
        onEvent(JSON.parse(data[1]));
      }
    }
  }
}
