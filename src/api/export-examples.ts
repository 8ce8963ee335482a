// What the API's description shows of each text format: an activity of two seconds, as the writers write it (a test compares).

import type { ExportFormat } from "../activities/exports/export.ts";

export const exportExamples: Readonly<Record<Exclude<ExportFormat, "fit">, string>> = {
  tcx: `<?xml version="1.0" encoding="UTF-8"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2 http://www.garmin.com/xmlschemas/TrainingCenterDatabasev2.xsd">
<Activities>
<Activity Sport="Running">
<Id>2026-03-10T14:00:00Z</Id>
<Lap StartTime="2026-03-10T14:00:00Z">
<TotalTimeSeconds>1</TotalTimeSeconds>
<DistanceMeters>3</DistanceMeters>
<Calories>1</Calories>
<AverageHeartRateBpm><Value>97</Value></AverageHeartRateBpm>
<MaximumHeartRateBpm><Value>97</Value></MaximumHeartRateBpm>
<Intensity>Active</Intensity>
<TriggerMethod>Manual</TriggerMethod>
<Track>
<Trackpoint><Time>2026-03-10T14:00:00Z</Time><Position><LatitudeDegrees>52.5</LatitudeDegrees><LongitudeDegrees>13.4</LongitudeDegrees></Position><AltitudeMeters>34.2</AltitudeMeters><DistanceMeters>0</DistanceMeters><HeartRateBpm><Value>96</Value></HeartRateBpm></Trackpoint>
<Trackpoint><Time>2026-03-10T14:00:01Z</Time><Position><LatitudeDegrees>52.50002</LatitudeDegrees><LongitudeDegrees>13.40003</LongitudeDegrees></Position><AltitudeMeters>34.3</AltitudeMeters><DistanceMeters>3</DistanceMeters><HeartRateBpm><Value>97</Value></HeartRateBpm></Trackpoint>
</Track>
</Lap>
<Notes>Morning run</Notes>
</Activity>
</Activities>
</TrainingCenterDatabase>
`,
  gpx: `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="FitGlue Fitbit source" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd http://www.garmin.com/xmlschemas/TrackPointExtension/v1 http://www.garmin.com/xmlschemas/TrackPointExtensionv1.xsd">
<metadata><name>Morning run</name><time>2026-03-10T14:00:00Z</time></metadata>
<trk>
<name>Morning run</name>
<type>run</type>
<trkseg>
<trkpt lat="52.5" lon="13.4"><ele>34.2</ele><time>2026-03-10T14:00:00Z</time><extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>96</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions></trkpt>
<trkpt lat="52.50002" lon="13.40003"><ele>34.3</ele><time>2026-03-10T14:00:01Z</time><extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>97</gpxtpx:hr></gpxtpx:TrackPointExtension></extensions></trkpt>
</trkseg>
</trk>
</gpx>
`,
  geojson: `{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"LineString","coordinates":[[13.4,52.5,34.2],[13.40003,52.50002,34.3]]},"properties":{"name":"Morning run","type":"ACTIVITY_TYPE_RUN","time":"2026-03-10T14:00:00Z","coordTimes":["2026-03-10T14:00:00Z","2026-03-10T14:00:01Z"],"coordinateProperties":{"times":["2026-03-10T14:00:00Z","2026-03-10T14:00:01Z"],"heart":[96,97]}}}]}
`,
};
