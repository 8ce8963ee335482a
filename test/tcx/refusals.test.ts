// What the decoder refuses, and that it says where. A cut or broken download must never pass for a short activity.

import { describe, expect, test } from "vitest";
import { database, decode, decodeOne, plain, refusal, track, usualTrackpoints } from "./fixtures.ts";

const encoder = new TextEncoder();

describe("a file that was cut short", () => {
  const small = track(
    `${usualTrackpoints(3)}<Trackpoint><!-- é --><Time>2026-05-01T08:00:09Z</Time></Trackpoint>`,
  );
  const bytes = encoder.encode(small);
  const rootEnd = encoder.encode(small.trimEnd()).length;

  test("is refused at every byte before the end of the root element, in one piece and in small chunks", () => {
    for (let length = 0; length < rootEnd; length++) {
      const cut = bytes.subarray(0, length);
      const expected = { code: "truncated", offset: length };
      expect(refusal(cut), `${length} bytes`).toMatchObject(expected);
      expect(refusal(cut, [100]), `${length} bytes in chunks`).toMatchObject(expected);
    }
  });

  test("is whole when only white space after the root element is missing", () => {
    for (let length = rootEnd; length <= bytes.length; length++) {
      expect(plain(decode(bytes.subarray(0, length)))).toEqual(plain(decode(bytes)));
    }
  });

  test("inside a usual trackpoint of a long track is refused as well", () => {
    const long = encoder.encode(track(usualTrackpoints(60)));
    for (let length = long.length - 1_500; length < long.length - 60; length += 7) {
      expect(refusal(long.subarray(0, length), [4_096])).toMatchObject({ code: "truncated", offset: length });
    }
  });
});

describe("a file that is not well-formed", () => {
  const within = (content: string) => `<TrainingCenterDatabase>${content}</TrainingCenterDatabase>`;

  test.each([
    ["end tags in the wrong order", within("<a><b></a></b>")],
    ["an end tag that only begins alike", within("<a>1</ab>")],
    ["an end tag too many", "<a></a></a>"],
    ["a second root element", `${within("")}<a/>`],
    ["text before the root element", `x${within("")}`],
    ["text after the root element", `${within("")}x`],
    ["a CDATA section outside the root element", `<![CDATA[]]>${within("")}`],
    ["a character by number outside the root element", `${within("")}&#32;`],
    ["an attribute without a value", within("<a b/>")],
    ["an attribute without quotes", within("<a b=1/>")],
    ["an attribute that comes twice", within('<a b="1" b="2"/>')],
    [
      "an attribute that comes twice by way of two prefixes",
      within('<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'),
    ],
    ["a < in an attribute", within('<a b="<"/>')],
    ["attributes without space between them", within('<a b="1"c="2"/>')],
    ["a prefix that nothing declares", within("<p:a/>")],
    ["an attribute's prefix that nothing declares", within('<a p:b="1"/>')],
    ["a prefix that was declared in another element", within('<a xmlns:p="u"/><p:b/>')],
    ["a name with two colons", within('<p:q:a xmlns:p="u"/>')],
    ["a slash in the middle of a tag", within("<a / >")],
    ["an entity that nothing defines", within("&nbsp;")],
    ["an entity without a semicolon", within("&amp ")],
    ["a number of no character", within("&#xFFFF;")],
    ["a bare ampersand", within("a & b")],
    ["]]> in text", within("a]]>b")],
    ["-- in a comment", within("<!-- a -- b -->")],
    ["a control character", within("\u0001")],
    ["a zero byte", within("\0")],
    ["a space after <", within("< a/>")],
    ["an unknown <! section", within("<!ELEMENT a>")],
    ["an XML declaration that is not at the start", within("<?xml version='1.0'?>")],
    ["an XML declaration without a version", `<?xml encoding="UTF-8"?>${within("")}`],
    ["an XML declaration of version 2", `<?xml version="2.0"?>${within("")}`],
    ["JSON", '{"errors":[]}'],
  ])("%s is refused", (_, text) => {
    expect(refusal(text)?.code).toBe("malformed");
    expect(refusal(text, [1])).toEqual(refusal(text));
  });

  test("is refused with the byte where it stops being right", () => {
    const text = database('<Activity Sport="Läufe"><Lap></Activity>');
    const offset = encoder.encode(text.slice(0, text.indexOf("</Activity>"))).length;
    expect(refusal(text)).toEqual({ code: "malformed", message: "</Activity> where </Lap> is due", offset });
    expect(refusal(text, [5])).toEqual(refusal(text));
  });

  test("after many usual trackpoints is refused with its byte too", () => {
    const good = track(usualTrackpoints(300));
    const at = good.lastIndexOf("<AltitudeMeters>");
    const bad = `${good.slice(0, at)}<AltitudeMeters b=1>${good.slice(at)}`;
    for (const sizes of [[], [65_536], [1_000], [1]]) {
      expect(refusal(bad, sizes)).toMatchObject({
        code: "malformed",
        offset: at + "<AltitudeMeters b=".length,
      });
    }
  });

  test("is refused for a prefix that an earlier lap declared, though its trackpoints look the same", () => {
    const points = [1, 2, 3].map(
      (second) => `<Trackpoint><Time>2026-05-01T08:00:0${second}Z</Time><e:x>5</e:x></Trackpoint>`,
    );
    const first = "<Trackpoint><Time>2026-05-01T08:00:00Z</Time></Trackpoint>";
    const lap = `<Track>${first}${points.join("")}</Track></Lap>`;
    const declared = '<Lap xmlns:e="urn:e">';
    expect(refusal(database(`<Activity>${declared}${lap}${declared}${lap}</Activity>`))).toBeNull();
    expect(refusal(database(`<Activity>${declared}${lap}<Lap>${lap}</Activity>`))?.code).toBe("malformed");
  });

  test("never says what the file holds, only what its markup is", () => {
    const message = refusal(track("<Trackpoint><Time>52.5200 13.4050</Tim>"))?.message;
    expect(message).toBe("</Tim> where </Time> is due");
  });

  test.each([
    ["a byte that begins nothing", [0x80]],
    ["an overlong form", [0xc0, 0x80]],
    ["half a character", [0xc3, 0x28]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a code point that is too high", [0xf4, 0x90, 0x80, 0x80]],
  ])("UTF-8 with %s is refused", (_, wrong) => {
    const [before, after] = ["<a>é", "</a>"].map((text) => encoder.encode(text));
    const bytes = new Uint8Array([...(before ?? []), ...wrong, ...(after ?? [])]);
    for (const sizes of [[], [1]]) {
      const refused = refusal(bytes, sizes);
      expect(refused?.code).toBe("malformed");
      expect(refused?.message).toContain("UTF-8");
      expect(refused?.offset).toBeGreaterThanOrEqual(5);
      expect(refused?.offset).toBeLessThan(5 + wrong.length);
    }
  });
});

describe("a file that we do not read", () => {
  test.each([
    ["<!DOCTYPE html><html></html>"],
    ["<!doctype html><html></html>"],
    ['<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
  ])("with a DOCTYPE is refused: %s", (text) => {
    expect(refusal(text)).toMatchObject({
      code: "doctype_refused",
      offset: text.toUpperCase().indexOf("<!DOCTYPE"),
    });
  });

  test.each([
    ["declares ISO-8859-1", encoder.encode('<?xml version="1.0" encoding="ISO-8859-1"?><a/>'), 0],
    ["declares an encoding nobody knows", encoder.encode('<?xml version="1.0" encoding="klingon"?><a/>'), 0],
    ["is UTF-16, low byte first", new Uint8Array([0xff, 0xfe, 0x3c, 0x00, 0x61, 0x00]), 0],
    ["is UTF-16, high byte first", new Uint8Array([0xfe, 0xff, 0x00, 0x3c, 0x00, 0x61]), 0],
    ["is UTF-16 without a mark", new Uint8Array([0x3c, 0x00, 0x61, 0x00]), 1],
  ])("that %s is refused as that", (_, bytes, offset) => {
    expect(refusal(bytes)).toMatchObject({ code: "unsupported_encoding", offset });
  });

  test.each([
    [
      "only courses",
      "<TrainingCenterDatabase><Courses><Course><Track/></Course></Courses></TrainingCenterDatabase>",
    ],
    ["an empty list of activities", database("")],
    ["an activity of another namespace", database('<Activity xmlns="urn:other"/>')],
    ["another root element", "<gpx/>"],
  ])("with %s is refused as one without activities", (_, text) => {
    expect(refusal(text)).toMatchObject({ code: "no_activity", offset: text.length });
  });

  test("an empty input is one that was cut short", () => {
    expect(refusal("")).toMatchObject({ code: "truncated", offset: 0 });
  });
});

describe("a file made to do harm", () => {
  const quickly = (work: () => void) => {
    const start = performance.now();
    work();
    expect(performance.now() - start, "milliseconds").toBeLessThan(5_000);
  };

  test("a billion laughs end at the DOCTYPE", () => {
    const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><lolz>&b;</lolz>`;
    expect(refusal(laughs)).toMatchObject({ code: "doctype_refused", offset: 21 });
  });

  test("elements nested 200,000 deep are refused, not followed", () => {
    quickly(() => {
      const deep = database(`${"<a>".repeat(200_000)}${"</a>".repeat(200_000)}`);
      expect(refusal(deep, [65_536])?.code).toBe("nesting_too_deep");
      expect(refusal(track("<Trackpoint>".repeat(200_000)), [65_536])?.code).toBe("nesting_too_deep");
    });
  });

  test("elements nested 200 deep are nothing special", () => {
    expect(
      decodeOne(database(`<Activity>${"<a>".repeat(200)}${"</a>".repeat(200)}</Activity>`)).laps,
    ).toEqual([]);
  });

  test.each([
    [
      "attribute",
      (filling: string) => track(`<Trackpoint a="${filling}"><Time>2026-05-01T08:00:00Z</Time></Trackpoint>`),
    ],
    [
      "text",
      (filling: string) => track(`<Trackpoint>${filling}<Time>2026-05-01T08:00:00Z</Time></Trackpoint>`),
    ],
    [
      "comment",
      (filling: string) =>
        track(`<Trackpoint><!--${filling}--><Time>2026-05-01T08:00:00Z</Time></Trackpoint>`),
    ],
    [
      "CDATA section",
      (filling: string) =>
        track(`<Trackpoint><Time>2026-05-01T08:00:00Z</Time><![CDATA[${filling}]]></Trackpoint>`),
    ],
  ])("one %s of 10 MB is passed over", (_, around) => {
    quickly(() => {
      expect(decodeOne(around("0123456789".repeat(1_000_000)), [65_536]).samples.count).toBe(1);
    });
  });

  test("one name, one namespace and one tag full of attributes of 10 MB are refused", () => {
    quickly(() => {
      const long = "x".repeat(10_000_000);
      expect(refusal(database(`<${long}/>`), [65_536])?.code).toBe("too_large");
      expect(refusal(database(`<a xmlns:p="${long}"/>`), [65_536])?.code).toBe("too_large");
      const many = Array.from({ length: 200_000 }, (_, index) => ` a${index}=""`).join("");
      expect(refusal(database(`<a${many}/>`), [65_536])?.code).toBe("too_large");
    });
  });

  test("a value of 10 MB is no value", () => {
    quickly(() => {
      const long = "1".repeat(10_000_000);
      const { samples, dropped } = decodeOne(
        track(
          `<Trackpoint><Time>2026-05-01T08:00:00Z</Time><AltitudeMeters>${long}</AltitudeMeters></Trackpoint>`,
        ),
        [65_536],
      );
      expect(samples.count).toBe(1);
      expect(dropped.values).toBe(1);
    });
  });

  test("more laps or activities than anyone records are refused", () => {
    quickly(() => {
      expect(refusal(database(`<Activity>${"<Lap/>".repeat(200_000)}</Activity>`), [65_536])?.code).toBe(
        "too_large",
      );
      expect(refusal(database("<Activity/>".repeat(200_000)), [65_536])?.code).toBe("too_large");
    });
  });

  test("elements that tree parsers take for HTML are ordinary elements", () => {
    for (const name of ["style", "script", "br", "link"]) {
      expect(refusal(`<?xml version="1.0"?><${name}>`)?.code).toBe("truncated");
      const inside = track(
        `<Trackpoint><${name}><Time>x</Time></${name}><Time>2026-05-01T08:00:00Z</Time></Trackpoint>`,
      );
      expect(decodeOne(inside).samples.count).toBe(1);
    }
  });

  test("trackpoints that are all written differently cost no more than a strict parser", () => {
    const points = Array.from(
      { length: 20_000 },
      (_, index) => `<Trackpoint a${index}=""><Time>2026-05-01T08:00:00Z</Time></Trackpoint>`,
    );
    quickly(() => expect(decodeOne(track(points.join("")), [65_536]).samples.count).toBe(20_000));
  });
});
