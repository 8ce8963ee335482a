// The laps of an activity for a table. They stand in the document between tens of thousands of records, which the page does not
// need: the Worker never makes objects of those.

import type { StandardizedLap } from "../activities/document.ts";

export type Lap = Omit<StandardizedLap, "records">;

/**
 * The laps of a document's JSON without their records. Ten hours hold 36,000 of those: they are cut out of the text before it is
 * parsed. That is sound because a record holds numbers and one time, so the first `]` ends the list, and because a text that
 * somebody wrote cannot hold `"records":[`: its quotation marks are escaped.
 */
export function lapsOf(document: string): Lap[] {
  const withoutRecords = document.replaceAll(/,?"records":\[[^\]]*\]/g, "");
  const { standardizedActivity } = JSON.parse(withoutRecords) as {
    standardizedActivity: { sessions: readonly { laps: readonly Lap[] }[] };
  };
  return standardizedActivity.sessions.flatMap(({ laps }) => laps);
}
