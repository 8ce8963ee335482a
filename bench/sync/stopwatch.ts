// Where the time of one queue message goes. Each moment is given to one part, so the parts add up to no more than the whole:
// while a piece of the download is awaited and another one is compressed, the time is compression's.
// Local workerd's clock moves while a Worker computes; deployed it stands still, and this would read 0.

import { AsyncLocalStorage } from "node:async_hooks";

/** In the order in which they claim a moment. `account` is the Durable Object: lease, token, budget. */
export const parts = ["decode", "assemble", "gzip", "r2", "d1", "account", "provider"] as const;
export type Part = (typeof parts)[number];
export type Split = Record<Part, number>;

export function emptySplit(): Split {
  return { decode: 0, assemble: 0, gzip: 0, r2: 0, d1: 0, account: 0, provider: 0 };
}

/** The time of one message, in milliseconds by part. */
export class Stopwatch {
  readonly split = emptySplit();
  readonly #running = emptySplit();
  #settledAt = performance.now();

  start(part: Part): void {
    this.#settle();
    this.#running[part] += 1;
  }

  stop(part: Part): void {
    this.#settle();
    this.#running[part] -= 1;
  }

  /** Gives the time since the last start or stop to whoever claims it. */
  #settle(): void {
    const now = performance.now();
    const part = parts.find((candidate) => this.#running[candidate] > 0);
    if (part !== undefined) this.split[part] += now - this.#settledAt;
    this.#settledAt = now;
  }
}

const current = new AsyncLocalStorage<Stopwatch>();

/** Runs `work`; what is timed inside it is read from `stopwatch`. */
export function measureWith<Value>(stopwatch: Stopwatch, work: () => Value): Value {
  return current.run(stopwatch, work);
}

/** The stopwatch of the message that is being handled here, for what continues outside its asynchronous context. */
export function currentStopwatch(): Stopwatch | undefined {
  return current.getStore();
}

/** Adds the time that `work` takes, waiting included. */
export async function timedWait<Value>(
  part: Part,
  work: () => Promise<Value>,
  stopwatch = current.getStore(),
): Promise<Value> {
  stopwatch?.start(part);
  try {
    return await work();
  } finally {
    stopwatch?.stop(part);
  }
}

/** Adds the time that `work` computes. */
export function timedStep<Value>(part: Part, work: () => Value): Value {
  const stopwatch = current.getStore();
  stopwatch?.start(part);
  try {
    return work();
  } finally {
    stopwatch?.stop(part);
  }
}
