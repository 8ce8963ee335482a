// Stands in the bundle where the measured Worker imports src/activities/gzip.ts: the same, with the time of gzip taken.

import { gzip as untimedGzip } from "../../src/activities/gzip.ts";
import { timedWait } from "./stopwatch.ts";

export function gzip(...input: Parameters<typeof untimedGzip>): ReturnType<typeof untimedGzip> {
  return timedWait("gzip", () => untimedGzip(...input));
}
