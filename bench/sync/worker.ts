// The measured Worker with a stopwatch at its doors: its queue handler sees timed bindings, and what one sync message
// spent where is added up. It adds one route, which tells the figures. It changes nothing of what is measured.

import worker from "worker-under-measurement";
import { TcxDecoder } from "../../src/tcx/decoder.ts";
import { emptySplit, measureWith, parts, type Split, Stopwatch, timedStep, timedWait } from "./stopwatch.ts";
import { type Bindings, timedBindings, timedFetch } from "./timed-bindings.ts";

export { AccountSync } from "worker-under-measurement";

/** What `GET /benchmark` answers; times in milliseconds. */
export interface SyncFigures {
  /** When the first message since the last reset was delivered, and when the last one was done. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Sync messages that are done, and messages of any queue that are not. */
  readonly syncMessages: number;
  readonly running: number;
  /** The time of all sync messages together, and its parts. */
  readonly busy: number;
  readonly split: Split;
}

let figures = emptyFigures();

function emptyFigures(): { -readonly [Key in keyof SyncFigures]: SyncFigures[Key] } {
  return { firstAt: 0, lastAt: 0, syncMessages: 0, running: 0, busy: 0, split: emptySplit() };
}

globalThis.fetch = timedFetch(globalThis.fetch);
const { push, end } = TcxDecoder.prototype;
TcxDecoder.prototype.push = function (chunk) {
  timedStep("decode", () => push.call(this, chunk));
};
TcxDecoder.prototype.end = function () {
  return timedStep("decode", () => end.call(this));
};
// The TCX is compressed as it comes, by a writer; nothing else in the Worker holds one.
const { write } = WritableStreamDefaultWriter.prototype;
WritableStreamDefaultWriter.prototype.write = function (chunk) {
  return timedWait("gzip", () => write.call(this, chunk));
};

export default {
  async fetch(request: Request, env: Bindings, context: object): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname !== "/benchmark") return await worker.fetch(request, env, context);
    if (request.method === "DELETE") figures = { ...emptyFigures(), running: figures.running };
    return Response.json(figures);
  },

  async queue(batch: { readonly queue: string }, env: Bindings, context: object): Promise<void> {
    const started = performance.now();
    if (figures.firstAt === 0) figures.firstAt = started;
    const isSync = batch.queue.endsWith("-sync");
    const stopwatch = new Stopwatch();
    figures.running += 1;
    await measureWith(stopwatch, () => worker.queue(batch, timedBindings(env), context));
    figures.running -= 1;
    figures.lastAt = performance.now();
    if (!isSync) return;
    figures.syncMessages += 1;
    figures.busy += figures.lastAt - started;
    for (const part of parts) figures.split[part] += stopwatch.split[part];
  },
};
