// Stands in the bundle where the measured Worker imports src/activities/documents.ts: the same, with the time of gzip taken.

import { gzip as untimedGzip } from "../../src/activities/documents.ts";
import { timedWait } from "./stopwatch.ts";

export * from "../../src/activities/documents.ts";

export function gzip(...input: Parameters<typeof untimedGzip>): ReturnType<typeof untimedGzip> {
  return timedWait("gzip", () => untimedGzip(...input));
}
