// Random TCX documents for the differential tests: well-formed but written in every odd way that XML allows, some
// values hostile; and mutations that may or may not leave them well-formed.

import fc from "fast-check";
import { tcxNamespace } from "./fixtures.ts";

const hostileNumbers = [
  "NaN",
  "INF",
  "-INF",
  "Infinity",
  "",
  " ",
  "0x10",
  "1e999",
  "1,5",
  "--1",
  ".",
  "5.",
  ".5",
  "+7.25",
  "1e2",
  "-0",
];
const decimal = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -200, max: 400, noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: -1, max: 260 }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 18n }).map((digits) => `12.${digits}`) },
  { weight: 1, arbitrary: fc.constantFrom(...hostileNumbers) },
);
const offset = fc.constantFrom(
  "Z",
  "+00:00",
  "+02:00",
  "-07:00",
  "+05:30",
  "+14:00",
  "-0930",
  "",
  "+24:00",
  "+02",
);
const time = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true }),
        fc.constantFrom("", ".5", ".000", ".123456", ".1234567891"),
        offset,
      )
      .map(([date, fraction, zone]) => date.toISOString().slice(0, 19) + fraction + zone),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "2026-02-30T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2024-02-29T24:00:00Z",
      "2026-01-01T24:00:01Z",
      "2026-01-01",
      "now",
      "",
      "2026-01-01T10:60:00Z",
    ),
  },
);

/** How a document writes what it has a choice in. */
interface Hand {
  prefix: string;
  lineEnd: string;
  indent: string;
  plainPoints: boolean;
}

const hand: fc.Arbitrary<Hand> = fc.record({
  prefix: fc.constantFrom("", "", "", "t:", "Ä-ü:"),
  lineEnd: fc.constantFrom("\n", "\r\n", "\r", ""),
  indent: fc.constantFrom("", "  ", "\t", "    "),
  plainPoints: fc.boolean(),
});

type Writer = (hand: Hand) => string;

const odd = fc.constantFrom("", "", "", "<!-- - <x> & -->", "<?go on?>", "<!---->");
const attributes = fc.constantFrom(
  "",
  "",
  "",
  ' a="1"',
  " b='>'",
  ' xml:lang = "en"',
  ' c="&amp;&#65;\n\t]]>"',
  ' q:z="1" xmlns:q="urn:q"',
);

/** A text written plainly, as CDATA, with numbered characters, with a comment inside, or with white space around. */
function written(text: fc.Arbitrary<string>): fc.Arbitrary<(plainly: boolean) => string> {
  const escaped = (given: string) => given.replace(/[&<>]/g, (found) => `&#${found.charCodeAt(0)};`);
  return fc.tuple(text, fc.integer({ min: 0, max: 9 })).map(([given, way]) => (plainly: boolean) => {
    if (plainly) return escaped(given);
    if (way === 0) return `<![CDATA[${given}]]>`;
    if (way === 1) return Array.from(given, (letter) => `&#x${letter.charCodeAt(0).toString(16)};`).join("");
    if (way === 2)
      return `${escaped(head(given, 3))}<!-- cut -->${escaped(given.slice(head(given, 3).length))}`;
    if (way === 3) return `\n ${escaped(given)}\t`;
    if (way === 4) return `${escaped(head(given, 2))}<b>9</b>${escaped(given.slice(head(given, 2).length))}`;
    return escaped(given);
  });
}

/** The first characters of a text, none of them cut in half. */
function head(text: string, characters: number): string {
  return Array.from(text).slice(0, characters).join("");
}

function tag(name: string, content: fc.Arbitrary<Writer>): fc.Arbitrary<Writer> {
  return fc.tuple(content, attributes, odd).map(([inner, attribute, before]) => (style: Hand) => {
    const body = inner(style);
    const extra = style.plainPoints ? "" : attribute;
    const full = style.prefix + name;
    const markup =
      body === "" && !style.plainPoints ? `<${full}${extra}/>` : `<${full}${extra}>${body}</${full}>`;
    return `${style.plainPoints ? "" : before}${style.lineEnd}${style.indent}${markup}`;
  });
}

const leaf = (name: string, text: fc.Arbitrary<string>) =>
  tag(
    name,
    written(text).map(
      (write): Writer =>
        (style) =>
          write(style.plainPoints),
    ),
  );

/** Some of the parts, in any order, now and then one twice. */
function some(...parts: fc.Arbitrary<Writer>[]): fc.Arbitrary<Writer> {
  return fc
    .tuple(fc.tuple(...parts), fc.shuffledSubarray(parts.map((_, index) => index)), fc.boolean())
    .map(([writers, order, twice]) => (style: Hand) => {
      const chosen = twice && order.length > 1 ? [...order, order[0] ?? 0] : order;
      return chosen.map((index) => writers[index]?.(style) ?? "").join("") + style.lineEnd;
    });
}

const extension = fc
  .tuple(
    fc.constantFrom("ns3", "x", "t"),
    decimal,
    fc.constantFrom("TPX", "Time", "Trackpoint", "style", "script"),
  )
  .map(
    ([prefix, value, name]): Writer =>
      ({ prefix: own }) =>
        `<${own}Extensions><${prefix}:${name} xmlns:${prefix}="urn:ext"><${prefix}:Speed>${value.replace(/[<&]/g, "")}</${prefix}:Speed></${prefix}:${name}></${own}Extensions>`,
  );

const position = tag("Position", some(leaf("LatitudeDegrees", decimal), leaf("LongitudeDegrees", decimal)));
const heartRate = tag("HeartRateBpm", some(leaf("Value", decimal)));
const oddTrackpoint = tag(
  "Trackpoint",
  some(
    leaf("Time", time),
    position,
    leaf("AltitudeMeters", decimal),
    leaf("DistanceMeters", decimal),
    heartRate,
    extension,
  ),
);

/** Points of one layout with other values: what the fast path is for. */
const usualTrackpoints = fc
  .tuple(
    fc.array(fc.tuple(time, decimal, decimal, decimal, decimal, fc.boolean()), {
      minLength: 2,
      maxLength: 12,
    }),
    fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
  )
  .map(
    ([points, order]): Writer =>
      ({ prefix: p, lineEnd, indent }) => {
        const safe = (text: string) => text.replace(/[&<>]/g, "");
        return points
          .map(([when, first, second, third, fourth, worn]) => {
            const parts = [
              `<${p}Time>${safe(when)}</${p}Time>`,
              `<${p}Position><${p}LatitudeDegrees>${first}</${p}LatitudeDegrees>${lineEnd}<${p}LongitudeDegrees>${second}</${p}LongitudeDegrees></${p}Position>`,
              `<${p}AltitudeMeters>${third}</${p}AltitudeMeters>`,
              `<${p}DistanceMeters>${fourth}</${p}DistanceMeters>`,
              worn
                ? `<${p}HeartRateBpm kind="a"><${p}Value>${Math.abs(Math.trunc(Number(third))) || 60}</${p}Value></${p}HeartRateBpm>`
                : "",
              `<${p}Extensions><e:Watts xmlns:e="urn:e">${first} W</e:Watts></${p}Extensions>`,
            ];
            return `${lineEnd}${indent}<${p}Trackpoint>${lineEnd}${order.map((index) => indent + parts[index] + lineEnd).join("")}</${p}Trackpoint>`;
          })
          .join("");
      },
  );

const trackContent = fc
  .array(fc.oneof({ weight: 3, arbitrary: oddTrackpoint }, { weight: 2, arbitrary: usualTrackpoints }), {
    maxLength: 5,
  })
  .map(
    (writers): Writer =>
      (style) =>
        writers.map((write) => write(style)).join("") + style.lineEnd,
  );
const track = tag("Track", trackContent);

const lap = fc
  .tuple(
    some(
      leaf("TotalTimeSeconds", decimal),
      leaf("DistanceMeters", decimal),
      leaf("Calories", decimal),
      tag("AverageHeartRateBpm", some(leaf("Value", decimal))),
      tag("MaximumHeartRateBpm", some(leaf("Value", decimal))),
      leaf("Intensity", fc.constantFrom("Active", "Resting", "")),
      track,
      track,
    ),
    fc.option(time),
  )
  .map(
    ([content, start]): Writer =>
      (style) =>
        `<${style.prefix}Lap${start === null ? "" : ` StartTime="${start}"`}>${content(style)}</${style.prefix}Lap>`,
  );

const name = fc.string({
  unit: fc.constantFrom("a", " ", "é", "語", "𝄞", "&", "<", ">", '"', "]"),
  maxLength: 12,
});
const activity = fc
  .tuple(
    some(leaf("Id", time), tag("Creator", some(leaf("Name", name))), lap, lap, leaf("Notes", name)),
    fc.constantFrom(
      ' Sport="Running"',
      " Sport='Bik&#x69;ng'",
      ' sport="other"',
      "",
      ' Sport="a&quot;&lt;b"',
    ),
  )
  .map(
    ([content, sport]): Writer =>
      (style) =>
        `<${style.prefix}Activity${sport}>${content(style)}</${style.prefix}Activity>`,
  );

/** A well-formed document. */
export const document: fc.Arbitrary<string> = fc
  .tuple(hand, fc.array(activity, { maxLength: 3 }), fc.boolean(), fc.boolean(), odd)
  .map(([style, activities, mark, declared, after]) => {
    const p = style.prefix;
    const binding = p === "" ? "xmlns" : `xmlns:${p.slice(0, -1)}`;
    const declaration = declared
      ? `<?xml version="1.0" encoding='utf-8' standalone="no" ?>${style.lineEnd}`
      : "";
    const content = activities.map((write) => write(style)).join("");
    return `${mark ? "\uFEFF" : ""}${declaration}${after}<${p}TrainingCenterDatabase ${binding}="${tcxNamespace}"><${p}Activities>${content}</${p}Activities></${p}TrainingCenterDatabase>${after}${style.lineEnd}`;
  });

const fragments = [
  "<",
  ">",
  "&",
  "]]>",
  "--",
  "'",
  '"',
  "/",
  "?",
  "!",
  "=",
  ":",
  " ",
  "\0",
  "\u0085",
  "\uFFFE",
  "<a>",
  "</a>",
  "<a/>",
  "&lt;",
  "&nope;",
  "&#0;",
  "&#x41;",
  "<!--",
  "-->",
  "<![CDATA[",
  "]]>",
  "<?xml?>",
  "<?x?>",
  "xmlns:t=''",
  " t:a='1'",
  "<t:b/>",
  "0",
  "é",
];

/** A document after a few small accidents. Most are no longer well-formed, and some still are. */
export const mutatedDocument: fc.Arbitrary<string> = fc
  .tuple(
    document,
    fc.array(
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(8), fc.constantFrom("", ...fragments)),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([text, accidents]) => {
    let result = text;
    for (const [place, removed, inserted] of accidents) {
      const at = Math.floor(place * result.length);
      result =
        result.slice(0, at) + inserted + result.slice(at + (inserted === "" ? removed + 1 : removed % 3));
    }
    return result;
  });
