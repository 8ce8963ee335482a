// The exports against the published schemas, by libxml2's xmllint, and genuine files of Fitbit's on their way through: decoded,
// assembled, exported. The schemas and those files are other people's and not in this project; where they are at hand beside it, this
// is checked too. What the schemas demand is checked without them in tcx.test.ts and gpx.test.ts.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Decoder, Stream } from "@garmin/fitsdk";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { assembleActivity, toDocument } from "../../../../src/activities/assemble.ts";
import type { ActivityDocument } from "../../../../src/activities/document.ts";
import { writeFit } from "../../../../src/activities/exports/fit.ts";
import { writeGpx } from "../../../../src/activities/exports/gpx.ts";
import { writeTcx } from "../../../../src/activities/exports/tcx.ts";
import { asId } from "../../../../src/kernel/ids.ts";
import { TcxDecoder } from "../../../../src/tcx/decoder.ts";
import type { TcxActivity } from "../../../../src/tcx/document.ts";
import { decoded, input, summary } from "../fixtures.ts";
import { randomDocument } from "./random-documents.ts";
import { documentOf, recordAt, recordsOf, sampleDocument } from "./sample.ts";

const shared = join(import.meta.dirname, "../../../../../shared");
const schemas = join(shared, "schema");
const genuine = join(shared, "tcx/fitbit");

const hasSchemas = existsSync(schemas) && spawnSync("xmllint", ["--version"]).error === undefined;

function decode(bytes: Uint8Array): readonly TcxActivity[] {
  const decoder = new TcxDecoder();
  decoder.push(bytes);
  return decoder.end().activities;
}

/** A file as the document that storage would hold of it. */
function documentOfFile(bytes: Uint8Array): ActivityDocument {
  const activities = decode(bytes);
  const times = activities.flatMap(({ samples }) => [...samples.timeMilliseconds]);
  const startTime = activities[0]?.startTimeMilliseconds ?? times[0] ?? 0;
  const elapsedSeconds = ((times.at(-1) ?? startTime) - startTime) / 1000;
  const canonical = assembleActivity(
    input({ summary: { ...summary, startTime, elapsedSeconds }, tcx: decoded(...activities) }),
  );
  const { id, revision, userId, connectionId, provider, sourceActivityId, updatedAt } = sampleDocument;
  const identity = { id, revision, userId, connectionId, provider, sourceActivityId, updatedAt };
  return toDocument(canonical, { ...identity, userId: asId("u"), device: "Versa" });
}

if (hasSchemas) {
  const folder = mkdtempSync(join(tmpdir(), "export-schemas-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  // GPX's schema takes any element of another namespace as it is; with Garmin's beside it, xmllint checks those as well.
  const gpxSchema = join(folder, "gpx-with-heart-rate.xsd");
  const imports = [
    ["http://www.topografix.com/GPX/1/1", "GPXv11.xsd"],
    ["http://www.garmin.com/xmlschemas/TrackPointExtension/v1", "TrackPointExtensionv1.xsd"],
  ].map(
    ([namespace, file]) =>
      `<xs:import namespace="${namespace}" schemaLocation="${pathToFileURL(join(schemas, file ?? ""))}"/>`,
  );
  writeFileSync(
    gpxSchema,
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${imports.join("")}</xs:schema>`,
  );
  const tcxSchema = join(schemas, "TrainingCenterDatabasev2.xsd");

  /** What xmllint has to say against these documents; empty for documents that are valid. */
  const complaints = (schema: string, documents: readonly string[]): string => {
    const files = documents.map((text, index) => {
      const file = join(folder, `${index}.xml`);
      writeFileSync(file, text);
      return file;
    });
    const { status, stderr } = spawnSync("xmllint", ["--noout", "--nonet", "--schema", schema, ...files], {
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    const text = stderr.replaceAll(/^.* validates\n/gm, "").slice(0, 2_000);
    return status === 0 ? text : `${text} (exit ${status})`;
  };

  describe.each([
    ["TCX", writeTcx, tcxSchema],
    ["GPX", writeGpx, gpxSchema],
  ] as const)("xmllint with the schemas of %s", (_name, write, schema) => {
    const textOf = (document: ActivityDocument) => [...write(document)].join("");

    it("finds nothing against the export of any activity", () => {
      const documents = fc.sample(randomDocument, { numRuns: 200, seed: 5 });
      const plain = [sampleDocument, documentOf({ laps: [[]] }), documentOf({ laps: [[recordAt(0)]] })];
      expect(complaints(schema, [...plain, ...documents].map(textOf))).toBe("");
    });

    it("finds what is wrong with one that is not valid", () => {
      const wrongBeat = textOf(sampleDocument).replace(/(<Value>|<gpxtpx:hr>)\d+/, "$10");
      expect(complaints(schema, [wrongBeat])).toContain("fails to validate");
      const wrongOrder = textOf(sampleDocument).replace(
        /(<Time>[^<]*<\/Time>)(<Position>.*<\/Position>)|(<ele>[^<]*<\/ele>)(<time>[^<]*<\/time>)/,
        "$2$1$4$3",
      );
      expect(complaints(schema, [wrongOrder])).toContain("fails to validate");
    });

    if (existsSync(genuine)) {
      it("finds nothing against what becomes of genuine files", () => {
        const texts = genuineFiles().map(([, bytes]) => textOf(documentOfFile(bytes)));
        expect(texts.length).toBeGreaterThan(0);
        expect(complaints(schema, texts)).toBe("");
      });
    }
  });
}

/** One of our own, so that there is always one. */
const files: [name: string, bytes: Uint8Array][] = [
  ["our own", new TextEncoder().encode([...writeTcx(sampleDocument)].join(""))],
  ...(existsSync(genuine) ? genuineFiles() : []),
];

describe("a file on its way through", () => {
  it.each(files)("of %s is exported with every sample that it was assembled from", async (_name, bytes) => {
    const document = documentOfFile(bytes);
    const records = recordsOf(document);
    expect(records.length).toBeGreaterThan(0);
    const [activity] = decode(new TextEncoder().encode([...writeTcx(document)].join("")));
    const { samples } = activity ?? {};
    const nothing = Number.NaN;
    expect([...(samples?.timeMilliseconds ?? [])]).toEqual(records.map((r) => Date.parse(r.timestamp)));
    expect([...(samples?.latitudeDegrees ?? [])]).toEqual(records.map((r) => r.positionLat ?? nothing));
    expect([...(samples?.longitudeDegrees ?? [])]).toEqual(records.map((r) => r.positionLong ?? nothing));
    expect([...(samples?.altitudeMeters ?? [])]).toEqual(records.map((r) => r.altitude ?? nothing));
    expect([...(samples?.distanceMeters ?? [])]).toEqual(records.map((r) => r.distance ?? nothing));
    expect([...(samples?.heartRateBpm ?? [])]).toEqual(records.map((r) => r.heartRate ?? 0));

    const fit = new Decoder(Stream.fromByteArray([...(await writeFit(document))]));
    expect(fit.checkIntegrity()).toBe(true);
    const { messages, errors } = fit.read();
    expect(errors).toEqual([]);
    expect(messages.recordMesgs).toHaveLength(records.length);
  });
});

/** Those of them that are whole. */
function genuineFiles(): [name: string, bytes: Uint8Array][] {
  return readdirSync(genuine)
    .filter((name) => name.endsWith(".tcx") && !name.includes("bad"))
    .map((name) => [name, readFileSync(join(genuine, name))]);
}
