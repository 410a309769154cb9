// The recruiters' console: starts the session, shows the view that its address names, tells the page around it what happens, and says so
// when the session is over. Each view is a module of its own: show(app, context) makes it, and returns what closes it.
import { fill, h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";
import { follow } from "./feed.js";
import { listen, tell } from "./host.js";
import { Over, call, renew, start, whenOver } from "./session.js";
import { applyTheme } from "./theme.js";
import { announce } from "./toasts.js";

// What is there to be shown; a view that is not here is not offered.
const VIEWS = { preferences: () => import("./views/preferences.js") };

const [nav, main] = ["views", "main"].map((id) => document.getElementById(id));
const context = { call, go, tell, session: null };
let close = () => {};
let shown = null; // a view that is asked for meanwhile wins

async function begin() {
  applyTheme();
  listen({ renew: ({ url }) => renew(url), theme: ({ scheme }) => applyTheme(scheme), open: ({ view, ...rest }) => go(view, rest) });
  whenOver(sayOver);
  addEventListener("popstate", show);
  new ResizeObserver(() => tell("resize", { height: document.documentElement.scrollHeight })).observe(document.body);
  try {
    context.session = await start();
  } catch (fault) {
    return sayOver(fault instanceof Over ? fault.code : "offline");
  }
  await show();
  tell("ready");
  follow(call, (event) => announce(event, context));
  return undefined;
}

const asked = () => new URLSearchParams(location.search).get("view") ?? context.session.view;
const isOffered = (view) => Object.hasOwn(VIEWS, view);

// From a list to one of its things is a step that the browser's Back undoes; all else takes the place of what was shown.
export function go(view, { push = false, ...rest } = {}) {
  if (!isOffered(view)) {
    return;
  }
  const address = `?${new URLSearchParams({ view, ...rest })}`;
  history[push ? "pushState" : "replaceState"](null, "", address);
  show();
}

async function show() {
  const view = isOffered(asked()) ? asked() : Object.keys(VIEWS)[0];
  shown = view;
  const module = await VIEWS[view]().catch(() => null);
  if (shown !== view) {
    return;
  }
  close();
  close = () => {};
  if (!module) {
    return sayOver("offline");
  }
  const app = h("section", { "aria-labelledby": "heading" });
  fill(nav, offered(view));
  nav.hidden = Object.keys(VIEWS).length < 2 && !context.session.return_url;
  fill(main, app);
  close = (await module.show(app, context)) ?? close;
  document.title = app.querySelector("h1")?.textContent ?? document.title;
  tell("navigated", { view });
  return undefined;
}

function offered(view) {
  const names = Object.keys(VIEWS);
  return [
    names.length > 1 && names.map((name) => h("button", { type: "button", "aria-current": name === view && "page", onclick: () => go(name) },
      t(`console.view_${name}`))),
    wayBack(),
  ];
}

const wayBack = () => context.session?.return_url && h("a", { href: context.session.return_url, target: "_blank", rel: "noopener noreferrer" },
  t("console.back", { account: context.session.account.name }));

// What was written stays where it is, to be copied, below the sentence.
function sayOver(code) {
  const text = t(code === "offline" ? "console.offline_text" : code === "code_used" ? "console.used_text" : "console.over_text");
  document.getElementById("over")?.remove();
  const box = h("section", { id: "over", class: "over", role: "alert" }, h("h1", {}, t(code === "offline" ? "console.offline" : "console.over")),
    h("p", {}, text), code === "offline" && h("button", { type: "button", onclick: () => location.reload() }, t("console.again")), h("p", {}, wayBack()));
  main.before(box);
  if (code !== "offline") {
    tell("ended");
  }
}

begin();
