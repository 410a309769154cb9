// What narrows the list, and its order: beside the search on a desktop, behind "Filter" on a phone, where each that is on has a chip.
import { fill, h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";

// change({name: value}): as the address has it, "" for none. → {button, panel, chips, show(wish)}
export function filtersOf(content, change) {
  const all = kinds(content).filter(({ options }) => options.length > 1);
  const selects = all.map(({ name, label, options }) => ({ name, select: h("select", { onchange: (event) => change({ [name]: event.target.value }) },
    options.map(([value, text]) => h("option", { value }, text))), label }));
  const panel = h("div", { class: "filters", id: "filters" }, selects.map(({ label, select }) => h("label", { class: "choice" }, h("span", {}, label), select)));
  const number = h("span", { class: "number", "aria-hidden": "true" });
  const button = h("button", { class: "toggle", type: "button", "aria-expanded": "false", "aria-controls": "filters", onclick: turn }, t("list.filter"), number);
  const chips = h("ul", { class: "chips" });

  function turn() {
    const isOpen = panel.classList.toggle("open");
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) {
      selects[0].select.focus();
    }
  }

  // A chip that goes leaves the focus on the next, or on the button.
  function remove(name) {
    const place = [...chips.children].findIndex((each) => each.dataset.name === name);
    change({ [name]: "" });
    (chips.children[place] ?? chips.lastElementChild)?.querySelector("button").focus();
    if (chips.children.length === 0) {
      button.focus();
    }
  }

  function show(wish) {
    selects.forEach(({ name, select }) => {
      select.value = wish[name];
      if (select.selectedIndex < 0) {
        select.selectedIndex = 0;
      }
    });
    const best = selects.find(({ name }) => name === "sort")?.select.options[0];
    if (best) {
      best.textContent = wish.search ? t("list.sort_best") : t("list.sort_position");
    }
    const on = all.filter(({ name }) => wish[name]);
    number.textContent = on.length > 0 ? String(on.length) : "";
    fill(chips, on.map(({ name, options }) => {
      const what = options.find(([value]) => value === wish[name])?.[1] ?? wish[name];
      return h("li", { "data-name": name }, h("button", { class: "chip", type: "button", "aria-label": t("list.remove", { what }), onclick: () => remove(name) },
        h("bdi", {}, what), h("span", { "aria-hidden": "true" }, "×")));
    }));
    chips.hidden = on.length === 0;
  }

  return { button: all.length > 0 && button, panel, chips, show };
}

// What is the same for all is no choice.
function kinds({ interviews, settings }) {
  const jobs = new Map(interviews.filter((each) => each.job).map((each) => [each.job.id, each.job.title]));
  const types = ["one_way", "live"].filter((type) => interviews.some((each) => each.type === type));
  const own = settings.disable_feedback ? [] : [
    { name: "reviewed", label: t("list.reviewed"), options: [["", t("list.reviewed_any")], ["no", t("list.reviewed_no")], ["yes", t("list.reviewed_yes")]] },
    { name: "min_rating", label: t("list.rating"), options: [["", t("list.rating_any")],
      ...[5, 4, 3, 2, 1].map((count) => [String(count), count === 5 ? "★★★★★" : t("list.rating_least", { count })])] },
  ];
  return [
    { name: "job", label: t("list.job"), options: jobs.size > 1 ? [["", t("list.job_any")], ...jobs] : [] },
    { name: "type", label: t("list.type"), options: types.length > 1 ? [["", t("list.type_any")], ...types.map((type) => [type, t(`list.type_${type}`)])] : [] },
    ...own,
    { name: "sort", label: t("list.sort"), options: [["", t("list.sort_position")], ["name", t("list.sort_name")], ["-completed_at", t("list.sort_newest")],
      ["completed_at", t("list.sort_oldest")], ...(settings.disable_feedback ? [] : [["-rating", t("list.sort_rating")]])] },
  ];
}
