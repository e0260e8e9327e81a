/** Days and moments as people in Vietnam count them: UTC+7, no summer time, whatever the phone's own zone is. */

export const VIETNAM_MINUTES = 420;
const DAY_MS = 86_400_000;

const two = (value: number): string => String(value).padStart(2, "0");

/** RFC 3339 with milliseconds, on Vietnam's clock: `2026-04-12T06:00:00.000+07:00`. */
export function eventTime(ms: number): string {
  return new Date(ms + VIETNAM_MINUTES * 60_000).toISOString().replace("Z", "+07:00");
}

/** The day in Vietnam: `2026-04-12`. */
export const vietnamDay = (ms: number): string => new Date(ms + VIETNAM_MINUTES * 60_000).toISOString().slice(0, 10);

/** The hour in Vietnam: `06:00`. */
export const vietnamHour = (ms: number): string => new Date(ms + VIETNAM_MINUTES * 60_000).toISOString().slice(11, 16);

/** A moment of a day in Vietnam. */
export const at = (day: string, hour: string): number => Date.parse(`${day}T${hour}:00.000+07:00`);

const number = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / DAY_MS);

export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && dayAfter(text, 0) === text;

/** The day so many days later; earlier if fewer than none. */
export function dayAfter(day: string, days: number): string {
  const date = new Date((number(day) + days) * DAY_MS);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10);
}

export const daysBetween = (from: string, until: string): number => number(until) - number(from);

/** `260412`, as lot numbers begin. */
export const shortDay = (day: string): string => day.slice(2).replaceAll("-", "");

/** `12/4/2026`, as people write it; English readers get the month's name. */
export function shownDay(day: string, language: string): string {
  const [year = "", month = "", date = ""] = day.split("-");
  if (language === "vi") return `${Number(date)}/${Number(month)}/${year}`;
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return `${Number(date)} ${names[Number(month) - 1] ?? month} ${year}`;
}

export const shownMoment = (ms: number, language: string): string => `${shownDay(vietnamDay(ms), language)} ${vietnamHour(ms)}`;

/** For `<input type="time">` and the like. */
export const hourOf = (hours: number, minutes: number): string => `${two(hours)}:${two(minutes)}`;
