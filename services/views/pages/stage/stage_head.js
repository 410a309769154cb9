// Above the stage: whose interview it is, and the ways to the list and to the candidates beside this one, in the order that the reader
// has chosen there. On a phone the ways stand behind the interview.
import { fill, h } from "../../../../common/pages/dom.js";
import { nodes, t } from "../../../../common/pages/words.js";
import { linkTo } from "../links.js";
import { selectionOf } from "../selection.js";
import { dayOf } from "../times.js";

export const wide = matchMedia("(min-width: 1000px)");

export function headOf(row, { content, go, leave }) {
  const heading = h("h1", { tabindex: "-1", dir: "auto" }, row.candidate?.display_name || t("stage.a_candidate"));
  const ways = h("nav", { class: "neighbours", "aria-label": t("stage.candidates") });
  const place = h("span", { class: "hint place" });
  const element = h("header", { class: "stage-head" },
    h("div", { class: "row-of-ways" },
      content.interviews.length > 1 && wayTo({ interview: null }, go, "back", arrow("‹ "), t("stage.all_candidates")),
      place,
      h("button", { class: "plain leave", type: "button", onclick: leave }, t("stage.leave"))),
    h("div", { class: "whose" }, heading,
      h("p", { class: "hint", dir: "auto" }, [row.job?.title, t(row.type === "live" ? "stage.live" : "stage.recorded"),
        row.completed_at && dayOf(row.completed_at)].filter(Boolean).join(" · "))));
  const after = h("footer", { class: "stage-after" });

  function arrange() {
    (wide.matches ? element : after).append(ways);
  }

  // Who is not reviewed may change while one is here.
  function refresh() {
    const selection = selectionOf(content);
    const [before, next] = [selection.previous(row.id), selection.next(row.id)];
    const open = content.settings.disable_feedback ? null : selection.nextNotReviewed(row.id);
    const isOneOfMany = selection.total > 1 && selection.place(row.id) > 0;
    place.textContent = isOneOfMany ? t("stage.place", { place: selection.place(row.id), total: selection.total }) : "";
    document.title = isOneOfMany ? t("stage.title", { place: selection.place(row.id), total: selection.total }) : t("stage.title_alone");
    fill(ways,
      before && way(before, "stage.previous", null, "‹ "),
      next && way(next, "stage.next", null, "", " ›"),
      open && open !== next && way(open, "stage.next_not_reviewed", "button"));
  }

  function way(id, key, kind, arrowBefore = "", arrowAfter = "") {
    return wayTo({ interview: id }, go, kind, arrow(arrowBefore), h("span", {}, nodes(key, { name: h("bdi", {}, nameOf(content, id)) })), arrow(arrowAfter));
  }

  arrange();
  refresh();
  wide.addEventListener("change", arrange);
  return {
    element, after, heading, refresh,
    stop: () => wide.removeEventListener("change", arrange),
  };
}

export const nameOf = (content, id) => content.interviews.find((each) => each.id === id)?.candidate?.display_name || t("stage.a_candidate");

export const arrow = (sign) => sign && h("span", { "aria-hidden": "true", class: "arrow" }, sign);

// A link that another tab can follow, too. changes: of the address.
export const wayTo = (changes, go, kind, ...shown) => h("a", { class: kind, ...linkTo(changes, go) }, shown);
