// The simulated clock: real time plus an offset that only the control API moves. Everything in the simulator that
// depends on time (codes, tokens, limits, retries, default start times) asks this clock, so a test can make a day pass.
// It starts no timers: what falls due is done when somebody asks.

/** Simulated time. `now()` is in epoch milliseconds. */
export interface Clock {
  now(): number;
  offsetSeconds(): number;
  advance(seconds: number): void;
}

/** A clock that runs `offsetSeconds` ahead of `realNow`; it starts with an offset of 0. */
export function createClock(realNow: () => number): Clock {
  let offsetSeconds = 0;
  return {
    now: () => realNow() + offsetSeconds * 1000,
    offsetSeconds: () => offsetSeconds,
    advance(seconds) {
      offsetSeconds += seconds;
    },
  };
}
