// Times as people read them. The server does not know the reader's clock: what happened lately is told as "3 minutes ago",
// and a date stands in the offset of the watch that recorded, or in UTC.

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `3 minutes ago`, `in 2 hours`, `just now`; a date beyond 30 days. Both in epoch milliseconds. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(now - time);
  if (distance < minute) return time > now ? "in a moment" : "just now";
  if (distance >= 30 * day) return dayText(time, 0);
  const [count, unit] =
    distance < hour
      ? [Math.floor(distance / minute), "minute"]
      : distance < day
        ? [Math.floor(distance / hour), "hour"]
        : [Math.floor(distance / day), "day"];
  const amount = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return time > now ? `in ${amount}` : `${amount} ago`;
}

/** `Saturday, 21 November 2026` at an offset from UTC. */
export function dayText(time: number, utcOffsetSeconds: number): string {
  return format(time, utcOffsetSeconds, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** `14:05` at an offset from UTC. */
export function clockText(time: number, utcOffsetSeconds: number): string {
  return format(time, utcOffsetSeconds, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** `2026-11-21` at an offset from UTC: what a date field takes, and what groups by day. */
export function dateText(time: number, utcOffsetSeconds: number): string {
  return new Date(time + utcOffsetSeconds * 1000).toISOString().slice(0, 10);
}

/** `UTC`, `UTC+1`, `UTC−3:30`. */
export function offsetText(utcOffsetSeconds: number): string {
  if (utcOffsetSeconds === 0) return "UTC";
  const minutes = Math.round(Math.abs(utcOffsetSeconds) / 60);
  const rest = minutes % 60 === 0 ? "" : `:${String(minutes % 60).padStart(2, "0")}`;
  return `UTC${utcOffsetSeconds < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
}

/** `35:03`, `1:02:09`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return whole < 3600 ? `${Number(minutes)}:${rest}` : `${Number(hours)}:${minutes}:${rest}`;
}

function format(time: number, utcOffsetSeconds: number, options: Intl.DateTimeFormatOptions): string {
  const shifted = new Date(time + utcOffsetSeconds * 1000);
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(shifted);
}
