// The views, and what each needs: words, styles, the engine of one's feedback. All but the list are loaded when they are shown.
import { language } from "../../../common/pages/words.js";
import { needFeedback } from "./later.js";
import { showList } from "./list.js";

const VIEWS = {
  list: {
    get: () => showList,
    styles: ["list.css"],
  },
  interview: {
    get: async () => (await import("./interview.js")).showInterview,
    styles: ["list.css", "interview.css"],
    isAfterList: true,
  },
  finish: {
    get: async () => (await import("./finish.js")).showFinish,
    styles: ["list.css", "finish.css"],
    isAfterList: true,
  },
};
// As they stand in the document, whichever is loaded first.
const ORDER = ["list.css", "interview.css", "finish.css"];
const links = new Map(); // name → {element, loaded}
let dressed = null; // the view that is shown

// → the function that shows it
export async function load(view) {
  const { get, styles, isAfterList } = VIEWS[view];
  const [show] = await Promise.all([get(), ...styles.map(style), ...(isAfterList ? [needFeedback(), import(near(`words-${language}.js`))] : [])]);
  return show;
}

// What is styled for another view is in force in none but it, so that a view looks the same whichever was seen before.
export function dress(view) {
  dressed = view;
  links.forEach(({ element }, name) => element.sheet && wear(name, element));
}

function wear(name, { sheet }) {
  sheet.disabled = !VIEWS[dressed]?.styles.includes(name);
}

const near = (name) => new URL(name, import.meta.url).href;

// One that did not come is asked for again, unlike a module.
function style(name) {
  if (!links.has(name)) {
    const element = document.createElement("link");
    const loaded = new Promise((resolve, reject) => {
      element.onload = () => resolve(wear(name, element));
      element.onerror = () => {
        links.delete(name);
        element.remove();
        reject(new Error(`${name} is not loaded`));
      };
    });
    Object.assign(element, { rel: "stylesheet", href: near(name) });
    const next = ORDER.slice(ORDER.indexOf(name) + 1).find((each) => links.has(each));
    document.head.insertBefore(element, links.get(next)?.element ?? null);
    links.set(name, { element, loaded });
  }
  return links.get(name).loaded;
}
