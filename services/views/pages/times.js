// Times and lengths as people say them.
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
// "" for what this browser cannot read.
export const dayOf = (time) => (Number.isNaN(Date.parse(time)) ? "" : day.format(new Date(time)));
export const clockOf = (time) => clock.format(time);

// 75 → "1:15"
export function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
