// The pictures of docs/boosters.md, by file name: each is a small activity put through the code, and drawn.

import { drawNoStretch, drawSecondRecords, drawTenSeconds, drawWaiting } from "./heart-rate.ts";
import { drawRules } from "./types.ts";
import { drawStyles, drawZones } from "./zones.ts";

export function drawBoosters(): ReadonlyMap<string, string> {
  return new Map([
    ["ten-seconds.svg", drawTenSeconds()],
    ["no-stretch.svg", drawNoStretch()],
    ["second-records.svg", drawSecondRecords()],
    ["waiting.svg", drawWaiting()],
    ["zones.svg", drawZones()],
    ["styles.svg", drawStyles()],
    ["rules.svg", drawRules()],
  ]);
}
