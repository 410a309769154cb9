// Links within the page: the address changes, and what else it says stays: search, filters, sort.

// changes: parameters of the address, null for none. → attributes of a link
export function linkTo(changes, go) {
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
export function followHere(event, follow) {
  if (!event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    follow();
  }
}
