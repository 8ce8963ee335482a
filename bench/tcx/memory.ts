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
const small = { bytes: minute, text: new TextDecoder().decode(minute) };
if (parser === "ours") decodeWithOurs(small);
else decodeWithTxml(small);

// Sampled, because the system's own peak counts what the parent process held when it started this one.
const base = process.memoryUsage.rss();
let peak = base;
const sample = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};

async function* sampledChunks(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of fileChunks(path)) {
    sample();
    yield chunk;
  }
}

const start = performance.now();
let trackpoints: number;
if (parser === "ours") {
  const { activities } = await decodeTcx(sampledChunks(file));
  sample();
  trackpoints = activities[0]?.samples.count ?? 0;
} else {
  const bytes = readFileSync(file);
  trackpoints = decodeWithTxml({ bytes, text: bytes.toString("utf8") }).count;
  sample();
}
const milliseconds = performance.now() - start;
console.log(JSON.stringify({ peakMemoryMegabytes: (peak - base) / 1e6, milliseconds, trackpoints }));
