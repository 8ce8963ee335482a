// Pictures of Heart Rate Zones: to which zone the time between two records belongs, and what a reader sees in each style.

import { reportZones, zoneStyles, zonesOfMaximum } from "../../src/boosters/heart-rate-zones.ts";
import type { PostedActivity } from "../../src/boosters/posted-activity.ts";
import { bar, colours, dot, line, outline, svg, text } from "./svg.ts";

const start = Date.parse("2026-09-02T17:00:00Z");
const zones = zonesOfMaximum("five", 200);

function beating(beats: readonly (readonly [second: number, bpm: number])[]): PostedActivity {
  const records = beats.map(([second, bpm]) => ({
    timestamp: new Date(start + second * 1000).toISOString(),
    heartRate: bpm,
  }));
  return { startTime: new Date(start).toISOString(), sessions: [{ laps: [{ records }] }] };
}

export function drawZones(): string {
  const beats = [
    [0, 108],
    [8, 128],
    [16, 146],
    [22, 165],
    [30, 152],
    [46, 150],
    [52, 135],
    [60, 118],
  ] as const;
  const x = (second: number) => 60 + (second / 60) * 560;
  const y = (bpm: number) => 150 - ((bpm - 95) / 90) * 130;
  // One step at a time through the code: what a step adds to a zone is its colour.
  const steps = beats.slice(0, -1).flatMap(([second, bpm], index) => {
    const [next, after] = beats[index + 1] ?? [second, bpm];
    const report = reportZones(
      beating([
        [second, bpm],
        [next, after],
      ]),
      { model: "five", zones, style: "time", barLength: 5 },
    );
    const zone = report?.zones.findIndex(({ seconds }) => seconds > 0) ?? -1;
    if (zone < 0)
      return [
        line(x(second), y(bpm), x(next), y(bpm), colours.nothing, true),
        text((x(second) + x(next)) / 2, y(bpm) - 8, `${next - second} s: nobody's`, "middle"),
      ];
    return [
      bar(x(second), y(bpm), x(next) - x(second) - 1, 150 - y(bpm), colours.zones[zone] ?? colours.line),
    ];
  });
  const total = reportZones(beating(beats), { model: "five", zones, style: "time", barLength: 5 });
  const sums = (total?.zones ?? []).map(({ name, seconds }) => `${name} ${seconds} s`).join(" · ");
  return svg(
    640,
    196,
    "The time between two records belongs to the zone of the first; a gap of more than ten seconds to nobody.",
    [
      ...steps,
      ...beats.map(([second, bpm]) => dot(x(second), y(bpm), colours.text, 3)),
      line(60, 150, 620, 150, colours.line),
      ...[0, 10, 20, 30, 40, 50, 60].map((second) => text(x(second), 166, `${second} s`, "middle")),
      ...zones.map(({ minBpm }) => text(50, y(minBpm) + 4, `${minBpm}`, "end")),
      text(60, 188, sums),
    ],
  );
}

/** A line of the text; symbols become shapes, because not every machine that shows the picture has them in a font. */
function drawLine(x: number, y: number, content: string): string[] {
  const symbols = ["🟦", "🟩", "🟨", "🟧", "🟥"];
  const [, label, squares, rest] = /^(.*: )([🟦🟩🟨🟧🟥⬜]+)(.*)$/u.exec(content) ?? [];
  if (label === undefined || squares === undefined) return [text(x, y, content)];
  const boxes = [...squares].map((symbol, index) => {
    const colour = colours.zones[symbols.indexOf(symbol)];
    const left = x + 130 + index * 16;
    return colour === undefined ? outline(left, y - 10, 12) : bar(left, y - 10, 12, 12, colour);
  });
  return [text(x, y, label.trim()), ...boxes, text(x + 214, y, (rest ?? "").trim())];
}

export function drawStyles(): string {
  const stays = [
    [600, 110],
    [1500, 130],
    [900, 150],
    [540, 165],
    [60, 185],
  ] as const;
  const beats = stays.flatMap(([seconds, bpm]) => Array.from({ length: seconds }, () => bpm));
  const activity = beating(beats.map((bpm, second) => [second, bpm] as const));
  const columns = zoneStyles.flatMap((style, column) => {
    const report = reportZones(activity, { model: "five", zones, style, barLength: 5 });
    const x = [10, 310, 550][column] ?? 0;
    return [
      text(x, 20, style),
      ...(report?.text ?? "").split("\n").flatMap((content, row) => drawLine(x, 44 + row * 18, content)),
    ];
  });
  return svg(740, 144, "The same hour in the three styles.", columns);
}
