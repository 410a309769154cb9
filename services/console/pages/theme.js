// Light, dark, or as the browser has it; and the account's accent, of which the page has the shade for each.
const { documentElement: root } = document;
const dark = matchMedia("(prefers-color-scheme: dark)");
const NAMES = ["--accent", "--on-accent", "--tint"];

export function applyTheme(scheme) {
  if (["light", "dark", "auto"].includes(scheme)) {
    root.dataset.scheme = scheme;
  }
  const isDark = root.dataset.scheme === "auto" ? dark.matches : root.dataset.scheme === "dark";
  const colours = (isDark ? root.dataset.dark : root.dataset.light)?.split(" ") ?? [];
  colours.forEach((colour, place) => root.style.setProperty(NAMES[place], colour));
}

dark.addEventListener("change", () => applyTheme());
