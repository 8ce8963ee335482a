// Stands in the bundle where the measured Worker imports src/activities/assemble.ts: the same, with the time taken.

import {
  assembleActivity as assemble,
  toDocument as toUntimedDocument,
} from "../../src/activities/assemble.ts";
import { timedStep } from "./stopwatch.ts";

export * from "../../src/activities/assemble.ts";

export function assembleActivity(...input: Parameters<typeof assemble>): ReturnType<typeof assemble> {
  return timedStep("assemble", () => assemble(...input));
}

export function toDocument(
  ...input: Parameters<typeof toUntimedDocument>
): ReturnType<typeof toUntimedDocument> {
  return timedStep("assemble", () => toUntimedDocument(...input));
}
