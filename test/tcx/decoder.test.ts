// What the decoder promises of a file that is right: every way in which producers and XML let one be written.

import { describe, expect, test } from "vitest";
import { decodeTcx, TcxDecoder } from "../../src/tcx/decoder.ts";
import {
  database,
  decode,
  decodeOne,
  plain,
  refusal,
  tcxNamespace,
  track,
  usualTrackpoints,
} from "./fixtures.ts";

const at = (text: string) => Date.parse(text);

describe("a Fitbit file", () => {
  const fitbit = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<TrainingCenterDatabase xmlns="${tcxNamespace}">
    <Activities>
        <Activity Sport="Running">
            <Id>2026-05-01T08:00:00.000+02:00</Id>
            <Lap StartTime="2026-05-01T08:00:00.000+02:00">
                <TotalTimeSeconds>675.0</TotalTimeSeconds>
                <DistanceMeters>1000.5</DistanceMeters>
                <Calories>104</Calories>
                <Intensity>Active</Intensity>
                <TriggerMethod>Manual</TriggerMethod>
                <Track>${usualTrackpoints(3)}
                </Track>
            </Lap>
            <Creator xsi:type="Device_t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
                <Name>Fitbit Surge</Name>
                <UnitId>0</UnitId>
                <ProductID>0</ProductID>
            </Creator>
        </Activity>
    </Activities>
</TrainingCenterDatabase>
`;

  test("gives its activity, lap, samples and device", () => {
    expect(plain(decode(fitbit))).toEqual([
      {
        sport: "Running",
        id: "2026-05-01T08:00:00.000+02:00",
        startTimeMilliseconds: at("2026-05-01T06:00:00Z"),
        creatorName: "Fitbit Surge",
        laps: [
          {
            startTimeMilliseconds: at("2026-05-01T06:00:00Z"),
            totalTimeSeconds: 675,
            distanceMeters: 1000.5,
            calories: 104,
            averageHeartRateBpm: null,
            maximumHeartRateBpm: null,
            intensity: "Active",
            trackCount: 1,
            firstSample: 0,
            sampleCount: 3,
          },
        ],
        tracks: 1,
        samples: {
          time: [at("2026-05-01T06:00:00Z"), at("2026-05-01T06:00:01Z"), at("2026-05-01T06:00:02Z")],
          latitude: [52, 52 + 1 / 7e4, 52 + 2 / 7e4],
          longitude: [-13, -13 - 1 / 3e4, -13 - 2 / 3e4],
          altitude: [30, 30.1, 30.2],
          distance: [0, 2.7, 5.4],
          heartRate: [100, 101, 102],
        },
        counts: { trackpoints: 3, positions: 3, heartRates: 3, altitudes: 3 },
        dropped: { points: 0, values: 0 },
      },
    ]);
    expect(decode(fitbit).bytes).toBe(fitbit.length);
  });

  test("is the same however its bytes are cut into chunks", () => {
    const long = track(usualTrackpoints(400));
    const whole = plain(decode(long));
    for (const size of [1, 2, 3, 7, 64, 613, 1_000, 4_096, 65_536]) {
      expect(plain(decode(long, [size])), `chunks of ${size}`).toEqual(whole);
    }
  });

  test("is the same when layouts of other lengths meet at the end of a chunk", () => {
    const point = (second: number, gap: string) =>
      `<Trackpoint><Time>2026-05-01T08:00:${second}Z</Time>${gap}</Trackpoint>`;
    const narrow = Array.from({ length: 12 }, (_, index) => point(20 + index, "")).join("");
    for (const gap of [340, 370, 400]) {
      const wide = [10, 11].map((second) => point(second, " ".repeat(gap))).join("");
      const text = track(wide + narrow);
      const whole = plain(decode(text));
      for (let first = text.indexOf(narrow) - 5; first < text.indexOf(narrow) + 70; first++) {
        for (const size of [20, 40, 500]) {
          const sizes = [first, ...Array.from({ length: 60 }, () => size)];
          expect(plain(decode(text, sizes)), `cut at ${first}, then every ${size}`).toEqual(whole);
        }
      }
    }
  });

  test("may come from a stream, and a chunk's memory may be used again for the next one", async () => {
    const bytes = new TextEncoder().encode(track(usualTrackpoints(200)));
    const shared = new Uint8Array(5_000);
    async function* chunks() {
      for (let start = 0; start < bytes.length; start += shared.length) {
        const part = bytes.subarray(start, start + shared.length);
        shared.set(part);
        yield shared.subarray(0, part.length);
      }
    }
    expect(plain(await decodeTcx(chunks()))).toEqual(plain(decode(bytes)));
    expect(plain(await decodeTcx(new Blob([bytes]).stream()))).toEqual(plain(decode(bytes)));
  });

  test("for an activity without GPS has an activity without laps", () => {
    const empty = decodeOne(
      database('<Activity Sport="Other"><Id>2019-01-30T15:31:04.000+02:00</Id></Activity>'),
    );
    expect(empty).toMatchObject({ sport: "Other", laps: [], tracks: 0, samples: { count: 0 } });
    expect(empty.startTimeMilliseconds).toBe(at("2019-01-30T13:31:04Z"));
  });
});

describe("structure", () => {
  const point = (second: number) => `<Trackpoint><Time>2026-05-01T08:00:0${second}Z</Time></Trackpoint>`;

  test("several activities, laps and tracks keep their order, and a lap knows its samples", () => {
    const { activities } = decode(
      database(
        `<Activity Sport="Running"><Lap><Track>${point(0)}${point(1)}</Track><Track>${point(2)}</Track></Lap><Lap/><Lap><Track/></Lap></Activity>` +
          `<Activity Sport="Biking"><Lap><Track>${point(3)}</Track></Lap><Lap><Track>${point(4)}${point(5)}</Track></Lap></Activity>`,
      ),
    );
    expect(activities.map(({ sport, tracks }) => [sport, tracks])).toEqual([
      ["Running", 3],
      ["Biking", 2],
    ]);
    expect(
      activities.map(({ laps }) => laps.map((lap) => [lap.trackCount, lap.firstSample, lap.sampleCount])),
    ).toEqual([
      [
        [2, 0, 3],
        [0, 3, 0],
        [1, 3, 0],
      ],
      [
        [1, 0, 1],
        [1, 1, 2],
      ],
    ]);
  });

  test("a multisport session holds activities too", () => {
    const sport = (name: string) => `<${name}><Activity Sport="Other"/></${name}>`;
    const session = `<MultiSportSession>${sport("FirstSport")}${sport("NextSport")}${sport("NextSport")}</MultiSportSession>`;
    expect(decode(database(session)).activities).toHaveLength(3);
  });

  test("points with only a time, without position, and without heart rate keep their rows", () => {
    const { samples, counts } = decodeOne(
      track(`${point(0)}
        <Trackpoint><Time>2026-05-01T08:00:01Z</Time><DistanceMeters>3</DistanceMeters><HeartRateBpm><Value>90</Value></HeartRateBpm></Trackpoint>
        <Trackpoint><Time>2026-05-01T08:00:02Z</Time><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint>`),
    );
    expect(counts).toEqual({ trackpoints: 3, positions: 1, heartRates: 1, altitudes: 0 });
    expect(Array.from(samples.latitudeDegrees)).toEqual([Number.NaN, Number.NaN, 1]);
    expect(Array.from(samples.heartRateBpm)).toEqual([0, 90, 0]);
    expect(Array.from(samples.distanceMeters)).toEqual([Number.NaN, 3, Number.NaN]);
  });

  test("a usual point after one with more values does not inherit them", () => {
    const full = usualTrackpoints(3);
    const bare = [3, 4, 5]
      .map((second) => `<Trackpoint><Time>2026-05-01T09:00:0${second}Z</Time></Trackpoint>`)
      .join("");
    const { samples } = decodeOne(track(full + bare + full));
    expect(Array.from(samples.heartRateBpm)).toEqual([100, 101, 102, 0, 0, 0, 100, 101, 102]);
    expect(Array.from(samples.altitudeMeters).map(Number.isNaN)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test("the elements of a trackpoint may come in any order, and its tags may have attributes", () => {
    const points = [1, 2, 3].map(
      (second) =>
        `<Trackpoint a="1" b='>'><HeartRateBpm xmlns:i="urn:i" i:type="x"><Value>9${second}</Value></HeartRateBpm><AltitudeMeters>5</AltitudeMeters><Position><LongitudeDegrees>2</LongitudeDegrees><LatitudeDegrees>1</LatitudeDegrees></Position><Time c="d">2026-05-01T08:00:0${second}Z</Time></Trackpoint>`,
    );
    const { samples } = decodeOne(track(points.join("\n")));
    expect(Array.from(samples.heartRateBpm)).toEqual([91, 92, 93]);
    expect(Array.from(samples.latitudeDegrees)).toEqual([1, 1, 1]);
    expect(Array.from(samples.longitudeDegrees)).toEqual([2, 2, 2]);
  });

  test("extensions are passed over whatever their prefix, also where they have the names of TCX", () => {
    const points = [1, 2, 3].map(
      (second) =>
        `<Trackpoint><Time>2026-05-01T08:00:0${second}Z</Time><Extensions><e:TPX xmlns:e="urn:e"><e:Time>x</e:Time><e:Speed>${second}.5</e:Speed></e:TPX><TPX xmlns="urn:f"><AltitudeMeters>9</AltitudeMeters></TPX></Extensions><e:AltitudeMeters xmlns:e="urn:e">7</e:AltitudeMeters></Trackpoint>`,
    );
    const { samples, counts, dropped } = decodeOne(track(points.join("")));
    expect(samples.count).toBe(3);
    expect(counts.altitudes).toBe(0);
    expect(dropped).toEqual({ points: 0, values: 0 });
  });

  test("the elements of TCX may have a prefix themselves", () => {
    const prefixed = track(usualTrackpoints(3))
      .replace(/<(\/?)(?=[A-Z])/g, "<$1tcx:")
      .replace("xmlns=", "xmlns:tcx=");
    expect(plain(decode(prefixed))).toEqual(plain(decode(track(usualTrackpoints(3)))));
  });

  test("a document without a namespace is read", () => {
    const bare = track(usualTrackpoints(2)).replace(` xmlns="${tcxNamespace}"`, "");
    expect(decodeOne(bare).samples.count).toBe(2);
  });

  test("the sport is as written, also under a lower-case attribute", () => {
    expect(decodeOne(database('<Activity Sport="running"/>')).sport).toBe("running");
    expect(decodeOne(database('<Activity sport="Biking"/>')).sport).toBe("Biking");
    expect(decodeOne(database("<Activity/>")).sport).toBe("");
  });
});

describe("how XML may be written", () => {
  const points = usualTrackpoints(6);
  const plainOne = plain(decode(track(points)));

  test.each([
    ["Windows line ends", (text: string) => text.replaceAll("\n", "\r\n")],
    ["old Macintosh line ends", (text: string) => text.replaceAll("\n", "\r")],
    ["no white space at all", (text: string) => text.replace(/>\s+</g, "><")],
    ["a byte order mark", (text: string) => `\uFEFF${text}`],
    ["white space before the XML declaration", (text: string) => `\n  ${text}`],
    ["no XML declaration", (text: string) => text.replace(/^<\?xml.*\?>\n/, "")],
    ["an XML declaration of ASCII", (text: string) => text.replace("UTF-8", "us-ascii")],
    [
      "comments",
      (text: string) =>
        text.replaceAll("<Time>", "<!-- <Time>--><Time>").replaceAll("<Position>", "<Position><!---->"),
    ],
    [
      "a comment in a value",
      (text: string) => text.replaceAll("</Time>", "<!-- x --></Time>").replaceAll("-13", "-1<!-- -->3"),
    ],
    ["CDATA sections", (text: string) => text.replace(/<Time>(.*?)</g, "<Time><![CDATA[$1]]><")],
    [
      "characters by number",
      (text: string) => text.replaceAll("52", "5&#x32;").replaceAll("<Value>1", "<Value>&#0049;"),
    ],
    ["processing instructions", (text: string) => text.replaceAll("<Position>", "<?keep this?><Position>")],
    ["white space around values", (text: string) => text.replace(/>([^<\s]+)</g, ">\n\t$1 <")],
    ["white space in end tags", (text: string) => text.replace(/<\/(\w+)>/g, "</$1 \n>")],
    ["a comment and white space after the root", (text: string) => `${text}\n<!-- end -->\n`],
  ])("%s change nothing", (_, rewrite) => {
    const rewritten = rewrite(track(points));
    expect(rewritten).not.toBe(track(points));
    for (const sizes of [[], [1], [50]]) expect(plain(decode(rewritten, sizes))).toEqual(plainOne);
  });

  test("a value in a CDATA section is read in every point, also when it is the same in all", () => {
    const alike = [1, 2, 3].map(
      (second) =>
        `<Trackpoint><Time>2026-05-01T08:00:0${second}Z</Time><AltitudeMeters><![CDATA[30]]></AltitudeMeters></Trackpoint>`,
    );
    const { samples, counts } = decodeOne(track(alike.join("")));
    expect(Array.from(samples.altitudeMeters)).toEqual([30, 30, 30]);
    expect(counts.altitudes).toBe(3);
  });

  test("names may be in any script, also cut inside a character", () => {
    const text = database(
      '<Activity Sport="Läufe &amp; &quot;Gänge&quot;"><Id>语</Id><Creator><Name>Fitbit 🏃 <![CDATA[<Ionic>]]> &lt;2&gt;</Name></Creator></Activity>',
    );
    for (const sizes of [[], [1], [3]]) {
      const [activity] = decode(text, sizes).activities;
      expect(activity).toMatchObject({
        sport: 'Läufe & "Gänge"',
        id: "语",
        startTimeMilliseconds: null,
        creatorName: "Fitbit 🏃 <Ionic> <2>",
      });
    }
  });
});

describe("a decoder", () => {
  test("keeps answering with its first error", () => {
    const decoder = new TcxDecoder();
    expect(() => decoder.push(new TextEncoder().encode("<a></b>"))).toThrow("</b> where </a> is due");
    expect(() => decoder.push(new TextEncoder().encode("<x>"))).toThrow("</b> where </a> is due");
    expect(() => decoder.end()).toThrow("</b> where </a> is due");
  });

  test("refuses what is larger than its limits, at the byte where it is", () => {
    const text = track(usualTrackpoints(100));
    expect(refusal(text, [1_000], { maxBytes: 5_000 })).toMatchObject({ code: "too_large", offset: 5_000 });
    expect(refusal(text, [1_000], { maxTrackpoints: 99 })).toMatchObject({ code: "too_large" });
    expect(refusal(text, [1_000], { maxTrackpoints: 100, maxBytes: text.length })).toBeNull();
  });
});
