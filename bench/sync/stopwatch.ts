// Where the time of one invocation goes. Every reading belongs to the queue message that is being handled, so that what
// runs beside it is not counted; within a message the steps follow each other, so that the parts never overlap.
// Local workerd's clock moves while a Worker computes; deployed it stands still, and this would read 0.

import { AsyncLocalStorage } from "node:async_hooks";

/** `account` is the Durable Object: lease, token, budget. */
export const parts = ["provider", "decode", "assemble", "r2", "d1", "account"] as const;
export type Part = (typeof parts)[number];
export type Split = Record<Part, number>;

const current = new AsyncLocalStorage<Split>();

export function emptySplit(): Split {
  return { provider: 0, decode: 0, assemble: 0, r2: 0, d1: 0, account: 0 };
}

/** Runs `work`; what is timed inside it is added to `split`, in milliseconds. */
export function collectInto<Value>(split: Split, work: () => Value): Value {
  return current.run(split, work);
}

/** The split of the message that is being handled here, for what continues outside its asynchronous context. */
export function currentSplit(): Split | undefined {
  return current.getStore();
}

/** Adds the time that `work` takes, waiting included. */
export async function timedWait<Value>(
  part: Part,
  work: () => Promise<Value>,
  split = current.getStore(),
): Promise<Value> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    if (split !== undefined) split[part] += performance.now() - start;
  }
}

/** Adds the time that `work` computes. */
export function timedStep<Value>(part: Part, work: () => Value): Value {
  const split = current.getStore();
  const start = performance.now();
  try {
    return work();
  } finally {
    if (split !== undefined) split[part] += performance.now() - start;
  }
}
