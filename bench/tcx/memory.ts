// One decoding in a process of its own, for its peak memory: `node bench/tcx/memory.ts ours|txml FILE`.
// Prints JSON: peak resident memory over what the process held before it touched the file, in megabytes.

import { readFileSync } from "node:fs";
import { fileChunks } from "../../scripts/file-chunks.ts";
import { decodeTcx } from "../../src/tcx/decoder.ts";
import { decodeWithOurs, decodeWithTxml } from "./contestants.ts";
import { fitbitBytes } from "./fitbit-file.ts";

const [parser, file] = process.argv.slice(2);
if (file === undefined || (parser !== "ours" && parser !== "txml"))
  throw new Error("usage: memory.ts ours|txml FILE");

// The code is loaded and compiled on a minute's recording first, so that the reading is of data.
const minute = fitbitBytes(60);
const sample = { bytes: minute, text: new TextDecoder().decode(minute) };
if (parser === "ours") decodeWithOurs(sample);
else decodeWithTxml(sample);

const base = process.memoryUsage.rss();
const start = performance.now();
let trackpoints: number;
if (parser === "ours") {
  const { activities } = await decodeTcx(fileChunks(file));
  trackpoints = activities[0]?.samples.count ?? 0;
} else {
  const bytes = readFileSync(file);
  trackpoints = decodeWithTxml({ bytes, text: bytes.toString("utf8") }).count;
}
const milliseconds = performance.now() - start;
const peakMemoryMegabytes = Math.max(0, process.resourceUsage().maxRSS * 1_024 - base) / 1e6;
console.log(JSON.stringify({ peakMemoryMegabytes, milliseconds, trackpoints }));
