// An activity as a file of another format: which formats there are, what they are called, and who writes them. Text is written
// out piece by piece while it is read; FIT, which carries its length in its head, is made whole.

import type { ActivityDocument } from "../document.ts";
import { writeFit } from "./fit.ts";
import { fitHoldsTime } from "./fit-values.ts";
import { writeGeoJson } from "./geojson.ts";
import { writeGpx } from "./gpx.ts";
import { writeTcx } from "./tcx.ts";
import { streamText } from "./text.ts";

export const exportFormats = ["tcx", "gpx", "geojson", "fit"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = {
  tcx: "application/vnd.garmin.tcx+xml",
  gpx: "application/gpx+xml",
  geojson: "application/geo+json",
  fit: "application/vnd.ant.fit",
};

/** Whether the format has a number for when the activity began; `startTime` in epoch milliseconds. Only FIT may have none. */
export function canExport(activity: { readonly startTime: number }, format: ExportFormat): boolean {
  return format !== "fit" || fitHoldsTime(activity.startTime);
}

/** The file as the body of an answer. */
export async function writeExport(
  document: ActivityDocument,
  format: ExportFormat,
): Promise<ReadableStream<Uint8Array> | Uint8Array> {
  switch (format) {
    case "tcx":
      return streamText(writeTcx(document));
    case "gpx":
      return streamText(writeGpx(document));
    case "geojson":
      return streamText(writeGeoJson(document));
    case "fit":
      return await writeFit(document);
    default:
      return format satisfies never;
  }
}

/** `2026-11-19-act_….gpx`: the day in UTC and the id, so that files of several days sort and none hides another. */
export function exportFileName(
  activity: { readonly id: string; readonly startTime: number },
  extension: string,
): string {
  return `${new Date(activity.startTime).toISOString().slice(0, 10)}-${activity.id}.${extension}`;
}
