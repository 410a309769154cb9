// Times and lengths as people say them in the page's language, as its reader's region does; and in which zone.
import { language } from "../../../common/pages/words.js";

const locale = (navigator.languages ?? []).find((each) => each.split("-")[0] === language.split("-")[0]) ?? language;
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const dayOfThisYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const thisYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const otherYear = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

// "" for what this browser cannot read.
const told = (time, tell) => (Number.isNaN(new Date(time ?? NaN).getTime()) ? "" : tell(new Date(time)));

const isThisYear = (date) => date.getFullYear() === new Date().getFullYear();

// → "6 Oct", of another year "6 Oct 2025"
export const dayOf = (time) => told(time, (date) => (isThisYear(date) ? dayOfThisYear : day).format(date));

// → "14:20"
export const clockOf = (time) => told(time, (date) => clock.format(date));

// → "Sunday, 13 December, 10:00 (Amsterdam)": on the reader's clock, and which clock that is.
export const momentOf = (time) => told(time, (date) => {
  const days = isThisYear(date) ? thisYear : otherYear;
  return `${days.format(date)}, ${clock.format(date)} (${zoneAt(date)})`;
});

// The city that the zone is named after; a zone without one says how far it is from UTC.
function zoneAt(date) {
  const zone = clock.resolvedOptions().timeZone ?? "UTC";
  if (zone.includes("/") && !zone.startsWith("Etc/")) {
    return zone.split("/").pop().replace(/_/g, " ");
  }
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "short", hour: "numeric" }).formatToParts(date);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? zone;
}

// 75 → "1:15", 3675 → "1:01:15"
export function minutes(seconds) {
  const whole = Math.round(seconds);
  const [hours, rest] = [Math.floor(whole / 3600), String(whole % 60).padStart(2, "0")];
  return hours ? `${hours}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${rest}` : `${Math.floor(whole / 60)}:${rest}`;
}
