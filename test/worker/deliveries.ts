// How many batches of a queue the Worker is working on. A queue's metrics leave out what was delivered and is not yet done.

import worker from "../../src/worker.ts";

let underWay = 0;
const consume = worker.queue;
worker.queue = async (...delivery) => {
  underWay++;
  try {
    await consume(...delivery);
  } finally {
    underWay--;
  }
};

export function deliveriesUnderWay(): number {
  return underWay;
}
