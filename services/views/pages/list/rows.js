// Rows as elements: those in sight at once, the others while nothing else is to be done, so that five hundred wait for none. The browser
// lays out those in sight alone (content-visibility), and still finds all of them in the page.
const AT_ONCE = 24;
const SLICE = 8;
const SLICE_MS = 8; // so much at a time, on a slow phone too
const PAUSE_MS = 16;

export function rowsIn(list) {
  let make = null;
  let left = [];
  let timer = 0;

  function add(count) {
    list.append(...left.splice(0, count).map(make));
  }

  function later() {
    clearTimeout(timer);
    if (left.length > 0) {
      timer = setTimeout(() => {
        const end = performance.now() + SLICE_MS;
        do {
          add(SLICE);
        } while (left.length > 0 && performance.now() < end);
        later();
      }, PAUSE_MS);
    }
  }

  return {
    // upTo: how many have to be there at once, at least
    show(items, makeRow, upTo = 0) {
      make = makeRow;
      left = [...items];
      const first = left.splice(0, Math.max(AT_ONCE, upTo)).map(make);
      list.replaceChildren(...first);
      later();
    },
    all() {
      clearTimeout(timer);
      add(left.length);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
