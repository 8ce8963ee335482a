// An activity as GPX 1.1 with Garmin's TrackPointExtension for heart rate. GPX knows points on the map only: seconds without a
// position are left out, a lap is a segment, and an activity without a route is a track that says so and has no points.

import type { ActivityDocument, StandardizedRecord } from "../document.ts";
import { beat, escapeXml, longitude, plain } from "./text.ts";

const head = `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="FitGlue Fitbit source" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd http://www.garmin.com/xmlschemas/TrackPointExtension/v1 http://www.garmin.com/xmlschemas/TrackPointExtensionv1.xsd">
`;

/** The document in pieces, one a point at most. */
export function* writeGpx(document: ActivityDocument): Generator<string> {
  const [session] = document.standardizedActivity.sessions;
  yield head;
  yield `<metadata><name>${escapeXml(document.title)}</name><time>${session.startTime}</time></metadata>
<trk>
<name>${escapeXml(document.title)}</name>
`;
  if (document.completeness.gps.samples === 0) yield "<desc>This activity has no route.</desc>\n";
  yield `<type>${escapeXml(document.type.replace(/^ACTIVITY_TYPE_/, "").toLowerCase())}</type>\n`;
  for (const lap of session.laps) {
    let isOpen = false;
    for (const record of lap.records ?? []) {
      const point = trackpoint(record);
      if (point === null) continue;
      if (!isOpen) yield "<trkseg>\n";
      isOpen = true;
      yield point;
    }
    if (isOpen) yield "</trkseg>\n";
  }
  yield "</trk>\n</gpx>\n";
}

function trackpoint(record: StandardizedRecord): string | null {
  const { timestamp, positionLat, positionLong, altitude, heartRate } = record;
  if (positionLat === undefined || positionLong === undefined) return null;
  const elevation = altitude === undefined ? "" : `<ele>${plain(altitude)}</ele>`;
  const extension =
    heartRate === undefined
      ? ""
      : `<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>${beat(heartRate)}</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions>`;
  return `<trkpt lat="${plain(positionLat)}" lon="${longitude(positionLong)}">${elevation}<time>${timestamp}</time>${extension}</trkpt>\n`;
}
