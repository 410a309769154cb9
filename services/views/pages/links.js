// Links within the page: the address changes, and what else it says stays: search, filters, sort.

// given: parameters of the address, null for none; the view is the one that is given, the list without one. → attributes of a link
export function linkTo(given, go) {
  const changes = { interview: null, view: null, question: null, ...given };
  const address = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) {
      address.set(name, value);
    } else {
      address.delete(name);
    }
  }
  return { href: `?${address}`, onclick: (event) => followHere(event, () => go(changes)) };
}

// A new tab stays the browser's business.
function followHere(event, follow) {
  if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    follow();
  }
}
