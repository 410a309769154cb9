// What is said to the page around us, and heard from it: by its exact origin, both ways, and from nobody else.
const { origin } = document.body.dataset;

export const isFramed = () => Boolean(origin) && parent !== window;

export function tell(type, more = {}) {
  if (isFramed()) {
    parent.postMessage({ source: "sharelink", v: 1, type, ...more }, origin);
  }
}

// heard: by the type of a message, what is to be done.
export function listen(heard) {
  addEventListener("message", ({ data, origin: from, source }) => {
    if (isFramed() && source === parent && from === origin && data?.source === "sharelink" && data.v === 1 && Object.hasOwn(heard, data.type)) {
      heard[data.type](data);
    }
  });
}
