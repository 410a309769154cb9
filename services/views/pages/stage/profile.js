// What is known of a candidate besides the answers: profile and résumé, and the questionnaire. Texts are people's own: in what direction
// they run is theirs, and no word is wider than the page.
import { h } from "../../../../common/pages/dom.js";
import { t } from "../../../../common/pages/words.js";

export function profileOf({ candidate: { profile, resume }, language }) {
  const links = (profile?.links ?? []).filter((each) => /^https?:\/\//i.test(each));
  const own = { dir: "auto", lang: language };
  const parts = [
    profile?.headline && h("p", own, h("strong", {}, profile.headline)),
    profile?.location && h("p", { class: "hint", ...own }, profile.location),
    profile?.summary && h("p", { class: "lines", ...own }, profile.summary),
    links.length > 0 && h("ul", { class: "links" }, links.map((each) =>
      h("li", {}, h("a", { href: each, dir: "ltr", target: "_blank", rel: "noopener noreferrer nofollow" }, each.replace(/^https?:\/\//i, ""))))),
    resume && h("p", {}, h("a", { class: "button", href: resume.url, target: "_blank", rel: "noopener" }, `${t("stage.resume")}: `, h("bdi", {}, resume.file_name))),
  ].filter(Boolean);
  return parts.length > 0 ? parts : null;
}

export function questionnaireOf({ questionnaire, language }) {
  const own = { dir: "auto", lang: language };
  return questionnaire?.length > 0 ? [h("dl", { class: "form" }, questionnaire.map(({ question, answer }) =>
    [h("dt", own, question), h("dd", { class: "lines", ...own }, answer || t("stage.no_answer"))]))] : null;
}
