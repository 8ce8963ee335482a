// What time it is. Deployed it is the machine's clock. Locally the simulator's offset is added, so that a test from
// outside can make a day pass; only entry points ask, everything inside takes the time as an argument.

import type { Configuration } from "./configuration.ts";

/** Now in epoch milliseconds. Local Workers ask the simulator for its offset; if it does not answer, the offset is 0. */
export async function readClock(configuration: Configuration): Promise<number> {
  return Date.now() + (await readClockOffset(configuration));
}

/** The simulator's offset in milliseconds; 0 wherever the Worker is not local. */
export async function readClockOffset(configuration: Configuration): Promise<number> {
  if (configuration.simulatorUrl === null) return 0;
  try {
    const response = await fetch(`${configuration.simulatorUrl}/sim/clock`);
    const body: unknown = await response.json();
    if (typeof body === "object" && body !== null && "offsetSeconds" in body) {
      return typeof body.offsetSeconds === "number" ? body.offsetSeconds * 1000 : 0;
    }
    return 0;
  } catch {
    return 0;
  }
}
