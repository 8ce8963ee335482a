// What the charts and the cursor share about their axis.

export type Axis = "time" | "distance";

/** `0:05`, `35:03`, `1:02:09`: seconds since the start. */
export function timeText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = whole < 3600 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? `${part}` : String(part).padStart(2, "0"))).join(":");
}
