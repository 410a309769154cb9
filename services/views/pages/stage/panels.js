// What stands beside an answer: one below the other where there is room, as tabs on a phone, so that the page stays short.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";

let groups = 0;

// named: [[name, content], …] with t("stage.<name>") as its words.
export function panelsOf(named) {
  const group = `panels-${++groups}`;
  const parts = named.map(([name, content]) => ({
    name,
    tab: h("button", { type: "button", role: "tab", id: `${group}-${name}-tab`, "aria-controls": `${group}-${name}`, onclick: () => choose(name) }, t(`stage.${name}`)),
    panel: h("section", { class: `panel ${name}`, id: `${group}-${name}` }, h("h2", { id: `${group}-${name}-head` }, t(`stage.${name}`)), content),
  }));
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": t("stage.about"), onkeydown: onKey }, parts.map(({ tab }) => tab));
  let isTabbed = false;
  let chosen = parts[0]?.name;

  function choose(name) {
    chosen = name;
    arrange(isTabbed);
  }

  function onKey(event) {
    const here = parts.findIndex(({ name }) => name === chosen);
    const forward = getComputedStyle(tabs).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: here + forward, ArrowLeft: here - forward, Home: 0, End: parts.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const part = parts[(to + parts.length) % parts.length];
      choose(part.name);
      part.tab.focus();
    }
  }

  function arrange(wanted) {
    isTabbed = wanted && parts.length > 1;
    tabs.hidden = !isTabbed;
    for (const { name, tab, panel } of parts) {
      const isShown = !isTabbed || name === chosen;
      panel.hidden = !isShown;
      panel.classList.toggle("tabbed", isTabbed);
      panel.setAttribute("aria-labelledby", `${group}-${name}-${isTabbed ? "tab" : "head"}`);
      if (isTabbed) {
        panel.setAttribute("role", "tabpanel");
      } else {
        panel.removeAttribute("role");
      }
      tab.setAttribute("aria-selected", String(name === chosen));
      tab.tabIndex = name === chosen ? 0 : -1;
    }
  }

  return { tabs, choose, arrange, of: (name) => parts.find((each) => each.name === name)?.panel };
}
