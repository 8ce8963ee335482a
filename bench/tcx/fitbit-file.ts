// Files shaped like Fitbit's own (reference §4.1, from genuine ones): one lap, one track, a point a second, 4-space
// indentation, local times with milliseconds and offset, coordinates with all the digits of a double. One point in a
// hundred lacks its position and one its heart rate, as under a bridge or with a loose strap. Same seed, same bytes.

const degreesPerSecond = 2.4e-5;

/** A small linear congruential generator: the figures need to vary, not to be unpredictable. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The text of a recording of `seconds` seconds, in pieces of about a thousand trackpoints. */
export function* fitbitFile(seconds: number, seed = 1): Generator<string> {
  const random = generator(seed);
  const start = Date.UTC(2026, 4, 2, 8, 0, 0);
  const localTime = (second: number) =>
    `${new Date(start + second * 1_000 + 7_200_000).toISOString().slice(0, -1)}+02:00`;
  yield `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">
    <Activities>
        <Activity Sport="Biking">
            <Id>${localTime(0)}</Id>
            <Lap StartTime="${localTime(0)}">
                <TotalTimeSeconds>${seconds}.0</TotalTimeSeconds>
                <DistanceMeters>${(seconds * 6.1).toFixed(2)}</DistanceMeters>
                <Calories>${Math.round(seconds / 6)}</Calories>
                <Intensity>Active</Intensity>
                <TriggerMethod>Manual</TriggerMethod>
                <Track>
`;
  let latitude = 52.51 + random() / 100;
  let longitude = 13.37 + random() / 100;
  let altitude = 34;
  let distance = 0;
  let heartRate = 110;
  let text = "";
  for (let second = 0; second < seconds; second++) {
    const heading = second / 900 + random();
    latitude += Math.cos(heading) * degreesPerSecond * random();
    longitude += Math.sin(heading) * degreesPerSecond * random();
    altitude = Math.max(0, altitude + (random() - 0.5) * 0.4);
    distance += random() * 6;
    heartRate = Math.min(185, Math.max(70, heartRate + Math.round((random() - 0.5) * 4)));
    text += `                    <Trackpoint>
                        <Time>${localTime(second)}</Time>
${random() < 0.01 ? "" : positionMarkup(latitude, longitude)}                        <AltitudeMeters>${altitude.toFixed(2)}</AltitudeMeters>
                        <DistanceMeters>${distance}</DistanceMeters>
${random() < 0.01 ? "" : heartRateMarkup(heartRate)}                    </Trackpoint>
`;
    if (second % 1_000 === 999) {
      yield text;
      text = "";
    }
  }
  yield `${text}                </Track>
            </Lap>
            <Creator xsi:type="Device_t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
                <Name>Fitbit Ionic</Name>
                <UnitId>0</UnitId>
                <ProductID>0</ProductID>
            </Creator>
        </Activity>
    </Activities>
</TrainingCenterDatabase>
`;
}

/** The same as one array of bytes. */
export function fitbitBytes(seconds: number, seed?: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(Array.from(fitbitFile(seconds, seed)).join(""));
}

function positionMarkup(latitude: number, longitude: number): string {
  return `                        <Position>
                            <LatitudeDegrees>${latitude}</LatitudeDegrees>
                            <LongitudeDegrees>${longitude}</LongitudeDegrees>
                        </Position>
`;
}

function heartRateMarkup(beatsPerMinute: number): string {
  return `                        <HeartRateBpm>
                            <Value>${beatsPerMinute}</Value>
                        </HeartRateBpm>
`;
}
