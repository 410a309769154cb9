// Making elements. Text is always set as text, so whatever a candidate or a platform wrote is shown and never run.

// h("a", { class: "name", href, onclick }, "text", element, null, …)
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value);
    }
  }
  element.append(...present(children));
  return element;
}

// Puts these in the place of all that the element held.
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

// A select with its label. options: [[value, text], …]
export function choice(label, options, value, onchange) {
  const select = h("select", { onchange: (event) => onchange(event.target.value) },
    options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)));
  return h("label", { class: "choice" }, h("span", {}, label), select);
}

export const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
