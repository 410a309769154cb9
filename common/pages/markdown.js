// A small part of Markdown as elements: paragraphs, lists, headings, code, **bold**, *emphasis*, links. All else is text, HTML too.
import { h } from "./dom.js";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|\*([^\s*][^*]*)\*|\[([^\]]+)\]\(([^()\s]+)\)|\\([\\`*_[\]()#|])/gs;
const FENCED = /^```[^\n]*\n([\s\S]*?)^```[^\n]*$/m;
const LEADS_ON = /^(https?:\/\/|mailto:|#|\/(?!\/))/i;

export function markdown(text) {
  // Every second piece stood within fences.
  return String(text ?? "").replace(/\r\n?/g, "\n").split(FENCED).flatMap((piece, place) =>
    place % 2 ? h("pre", { tabindex: "0" }, piece) : piece.split(/\n\s*\n/).flatMap(blocks));
}

export function inline(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const [all, , code, strong, weak, label, href, escaped] = found;
    nodes.push(text.slice(from, found.index),
      code ? h("code", {}, code.trim()) : strong ? h("strong", {}, inline(strong)) : weak ? h("em", {}, inline(weak))
        : label ? LEADS_ON.test(href) ? h("a", { href, rel: "noreferrer" }, inline(label)) : all : escaped);
    from = found.index + all.length;
  }
  return [...nodes, text.slice(from)].filter((node) => node !== "");
}

function blocks(text) {
  const made = [];
  let open = null; // what the next line may go on with
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const [, level, heading] = /^(#{1,6})\s+(.*)/.exec(line) ?? [];
    const [, number, item] = /^ {0,3}(?:[-*+]|(\d+)[.)])\s+(.*)/.exec(line) ?? [];
    if (heading) {
      made.push({ name: `h${Math.max(level.length, 2)}`, lines: [heading] }); // the page has its h1
      open = null;
    } else if (item) {
      if (!open?.isList) {
        made.push(open = { name: number ? "ol" : "ul", isList: true, lines: [] });
      }
      open.lines.push(item);
    } else if (open?.isList && /^\s/.test(line)) {
      open.lines[open.lines.length - 1] += ` ${line.trim()}`;
    } else if (open && !open.isList) {
      open.lines[0] += ` ${line.trim()}`;
    } else {
      made.push(open = { name: "p", lines: [line.trim()] });
    }
  }
  return made.map(({ name, isList, lines }) =>
    h(name, {}, isList ? lines.map((each) => h("li", {}, inline(each))) : inline(lines[0])));
}
