// A group of radio buttons that can be taken back: by a button, or by choosing the same again. Arrow keys choose, as in any such group.
import { h } from "../../../common/pages/dom.js";
import { t } from "../../../common/pages/words.js";

let groups = 0;

// options: [{ value, label, face }], face being what is drawn (the label where there is none).
// → { element, show(value), inputs: [{ value, input, face }] }
export function radiosOf({ name, legend, options, className, onchoose }) {
  const group = `${name}-${++groups}`;
  const clear = h("button", { class: "plain clear", type: "button", onclick: takeBack }, t("feedback.clear"), h("span", { class: "unseen" }, ` ${legend}`));
  let chosen = null;
  const inputs = options.map(({ value, label, face }) => ({
    value,
    face,
    input: h("input", { type: "radio", name: group, value, id: `${group}-${value}`, onclick: () => choose(value === chosen ? null : value),
      onchange: () => value !== chosen && choose(value) }),
    text: face ? [face, h("span", { class: "unseen" }, label)] : label,
  }));

  function show(value) {
    chosen = value ?? null;
    inputs.forEach((each) => {
      each.input.checked = each.value === chosen;
    });
    clear.classList.toggle("idle", chosen === null);
  }

  function choose(value) {
    show(value);
    onchoose(value);
  }

  function takeBack() {
    choose(null);
    inputs[0].input.focus();
  }

  const element = h("fieldset", { class: className }, h("legend", {}, legend),
    h("div", { class: "row" }, inputs.map(({ input, text }) => h("span", { class: "option" }, input, h("label", { for: input.id }, text))), clear));
  show(null);
  return { element, show, inputs };
}
