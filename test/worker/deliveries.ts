// What the queues have been given and the Worker has not yet done. A queue's metrics leave out what it has handed over, and on a
// busy machine a good while passes between that and the Worker's beginning with it.

import { env } from "cloudflare:workers";
import worker from "../../src/worker.ts";

let batchesUnderWay = 0;
let sent = 0;
let received = 0;

// Every queue of this isolate, whoever holds it: the Worker, an account's object, a test.
const queues: Pick<Queue, "send" | "sendBatch"> = Object.getPrototypeOf(env.SYNC);
const { send, sendBatch } = queues;
queues.send = async function (this: Queue, ...message) {
  const answer = await send.apply(this, message);
  sent += 1;
  return answer;
};
queues.sendBatch = async function (this: Queue, messages, ...options) {
  const given = [...messages];
  const answer = await sendBatch.call(this, given, ...options);
  sent += given.length;
  return answer;
};

const consume = worker.queue;
worker.queue = async (batch, ...rest) => {
  batchesUnderWay += 1;
  // Dead letters are the queue's own doing, and so is a second attempt.
  if (!batch.queue.endsWith("-dead-letters")) {
    received += batch.messages.filter(({ attempts }) => attempts === 1).length;
  }
  try {
    await consume(batch, ...rest);
  } finally {
    batchesUnderWay -= 1;
  }
};

/** Whether a batch is being worked on. */
export function isBatchUnderWay(): boolean {
  return batchesUnderWay > 0;
}

/** Whether a message was sent that no batch has brought yet. */
export function isMessageOnItsWay(): boolean {
  return sent > received;
}
