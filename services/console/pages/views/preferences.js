// What the recruiter is mailed about: opens, feedback, the daily summary, and the links that are muted.
import { fill, h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";
import { Over } from "../session.js";

const CHOICES = { opens: ["every", "first", "off"], reviews: ["every", "off"], digest: ["off", "daily"] };

export async function show(app, { call, session, tell }) {
  const path = `/v1/notification-preferences/${encodeURIComponent(session.recruiter.email)}`;
  const mayChange = session.may.length > 0;
  const status = h("p", { id: "status", class: "hint", role: "status" });
  let tag = null;
  let muted = []; // [{ id, title }]
  const groups = Object.fromEntries(Object.entries(CHOICES).map(([name, values]) => [name, group(name, values, mayChange)]));
  const mutedList = h("div", {});
  const form = h("form", { onsubmit: save }, Object.values(groups), h("fieldset", { disabled: !mayChange }, h("legend", {}, t("console.muted")), mutedList),
    mayChange && h("button", { type: "submit", class: "primary" }, t("console.save")), status);
  fill(app, h("h1", { id: "heading", tabindex: "-1" }, t("console.preferences")), h("p", { class: "hint", dir: "auto" },
    t("console.preferences_of", { email: session.recruiter.email })), !mayChange && h("p", {}, t("console.read_only")), form);

  async function load() {
    const answer = await call("GET", path);
    if (!answer.ok) {
      return say(await reasonOf(answer));
    }
    tag = answer.headers.get("ETag");
    const preferences = await answer.json();
    for (const name of Object.keys(CHOICES)) {
      form.elements[name].value = preferences[name];
    }
    muted = await Promise.all(preferences.muted_share_link_ids.map(titled));
    showMuted();
    return undefined;
  }

  async function titled(id) {
    const answer = await call("GET", `/v1/share-links/${id}`);
    return { id, title: answer.ok ? (await answer.json()).title : id };
  }

  function showMuted() {
    fill(mutedList, muted.length ? h("ul", {}, muted.map((link) => h("li", {}, h("span", { dir: "auto" }, link.title), " ",
      h("button", { type: "button", onclick: () => unmute(link) }, t("console.unmute"), h("span", { class: "unseen" }, ` ${link.title}`)))))
      : h("p", { class: "hint" }, t("console.none_muted")));
  }

  function unmute(link) {
    muted = muted.filter(({ id }) => id !== link.id);
    showMuted();
    mutedList.closest("fieldset").querySelector("button, legend")?.focus();
    say(t("console.unmuted"));
  }

  async function save(event) {
    event.preventDefault();
    say(t("console.saving"));
    try {
      const body = { ...Object.fromEntries(Object.keys(CHOICES).map((name) => [name, form.elements[name].value])),
        muted_share_link_ids: muted.map(({ id }) => id) };
      const answer = await call("PUT", path, { body, headers: tag ? { "If-Match": tag } : {} });
      if (answer.ok) {
        tag = answer.headers.get("ETag");
        say(t("console.saved"));
        tell("changed", {});
      } else if (answer.status === 412) {
        await load();
        say(t("console.changed_elsewhere"));
      } else {
        say(await reasonOf(answer));
      }
    } catch (fault) {
      say(fault instanceof Over ? "" : t("console.offline_text"));
    }
  }

  function say(text) {
    status.textContent = text;
  }

  try {
    await load();
  } catch (fault) {
    say(fault instanceof Over ? "" : t("console.offline_text"));
  }
  return () => {};
}

const group = (name, values, mayChange) => h("fieldset", { disabled: !mayChange }, h("legend", {}, t(`console.${name}`)),
  values.map((value) => h("label", { class: "option" }, h("input", { type: "radio", name, value }), h("span", {}, t(`console.${name}_${value}`)))));

async function reasonOf(answer) {
  if (answer.status === 429) {
    return t("console.too_often", { count: Number(answer.headers.get("Retry-After")) || 1 });
  }
  return t(answer.status >= 500 ? "console.offline_text" : "console.refused");
}
