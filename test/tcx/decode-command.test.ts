// `npm run -s decode`: the lines that other programs read, run as the program that people run.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { database, track, usualTrackpoints } from "./fixtures.ts";

const script = join(import.meta.dirname, "../../scripts/decode.ts");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decode-command-"));
  mkdirSync(join(folder, "many"));
  writeFileSync(join(folder, "run.tcx"), track(usualTrackpoints(5).replace("<Value>102<", "<Value>0<")));
  writeFileSync(join(folder, "cut.tcx"), track(usualTrackpoints(5)).slice(0, 700));
  writeFileSync(join(folder, "courses.tcx"), "<TrainingCenterDatabase><Courses/></TrainingCenterDatabase>");
  const lap = "<Lap><DistanceMeters>1.5</DistanceMeters><Calories>2</Calories></Lap>";
  writeFileSync(
    join(folder, "many/b.tcx"),
    database(`<Activity Sport="Biking">${lap}${lap}<Lap/></Activity><Activity Sport="Other"/>`),
  );
  writeFileSync(join(folder, "many/a.TCX"), track("<Trackpoint/>"));
  writeFileSync(join(folder, "many/notes.txt"), "not a TCX file");
});

afterAll(() => rmSync(folder, { recursive: true }));

function decodeCommand(...paths: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...paths], {
    cwd: folder,
    encoding: "utf8",
  });
  const lines = stdout.split("\n");
  expect(lines.pop(), "output ends with a line end").toBe("");
  return { status, lines: lines.map((line) => JSON.parse(line)), stderr };
}

test("prints one line for the activity of a file, with exactly the promised fields", () => {
  expect(decodeCommand("run.tcx")).toEqual({
    status: 0,
    stderr: "",
    lines: [
      {
        file: "run.tcx",
        activity: 0,
        sport: "Running",
        laps: 1,
        tracks: 1,
        trackpoints: 5,
        positions: 5,
        heartRates: 5,
        altitudes: 5,
        distanceMeters: 200,
        startTime: "2026-05-01T06:00:00.000Z",
        endTime: "2026-05-01T06:00:04.000Z",
        calories: 10,
        dropped: { points: 0, values: 1 },
      },
    ],
  });
});

test("prints the error of each file that failed, still prints the others, and exits with 1", () => {
  const { status, lines } = decodeCommand("cut.tcx", "run.tcx", "courses.tcx", "missing.tcx");
  expect(status).toBe(1);
  expect(lines).toMatchObject([
    { file: "cut.tcx", error: { code: "truncated", offset: 700 } },
    { file: "run.tcx", activity: 0 },
    { file: "courses.tcx", error: { code: "no_activity", offset: 59 } },
    { file: "missing.tcx", error: { code: "not_found", offset: null } },
  ]);
  expect(lines[0]).toEqual({
    file: "cut.tcx",
    error: { code: "truncated", message: expect.any(String), offset: 700 },
  });
});

test("prints a line for every activity of every TCX file of a folder, sums the laps, and invents no times", () => {
  const { status, lines } = decodeCommand("many");
  expect(status).toBe(0);
  expect(lines).toMatchObject([
    {
      file: "many/a.TCX",
      activity: 0,
      trackpoints: 1,
      startTime: null,
      endTime: null,
      dropped: { points: 1 },
    },
    { file: "many/b.tcx", activity: 0, sport: "Biking", laps: 3, distanceMeters: 3, calories: 4 },
    { file: "many/b.tcx", activity: 1, sport: "Other", laps: 0, distanceMeters: 0, calories: 0 },
  ]);
});

test("without a path says how it is used", () => {
  expect(decodeCommand()).toMatchObject({ status: 2, lines: [], stderr: expect.stringContaining("usage") });
});
