// `npm run demo` from outside: it exits 0 when everything arrived, it can fail, and it leaves nothing behind.

import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectDirectory } from "../../scripts/wrangler.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tcx-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function demo(...args: string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(process.execPath, [join(projectDirectory, "scripts/demo.ts"), ...args], {
    cwd: projectDirectory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exitCode = await new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  expect(readdirSync(join(projectDirectory, ".wrangler"))).not.toContain(`demo-${child.pid}`);
  return { exitCode, output };
}

/** A file as a phone writes it: fractional seconds, an offset, two points within one second, a pause, no heart rate or one. */
function tcx(start: number, heartRate: boolean, seconds = 92): string {
  const time = (second: number) =>
    new Date(start + second * 1000 + 7_200_000).toISOString().replace("Z", "+02:00");
  const points = [0, 0.4, 1, 2, 3, seconds - 2, seconds - 1, seconds].map(
    (second, index) => `<Trackpoint><Time>${time(second)}</Time><Position>
      <LatitudeDegrees>${60.1875 + index * 0.00013}</LatitudeDegrees><LongitudeDegrees>${24.9275 - index / 7_777}</LongitudeDegrees></Position>
      <AltitudeMeters>${12.5 + index / 3}</AltitudeMeters><DistanceMeters>${index * 7.1}</DistanceMeters>${
        heartRate ? `<HeartRateBpm><Value>${110 + index}</Value></HeartRateBpm>` : ""
      }</Trackpoint>`,
  );
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><Activities><Activity Sport="Running">
<Id>${time(0)}</Id><Lap StartTime="${time(0)}"><TotalTimeSeconds>${seconds}.0</TotalTimeSeconds><DistanceMeters>49.7</DistanceMeters>
<Calories>3</Calories><Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod><Track>${points.join("\n")}</Track></Lap>
</Activity></Activities></TrainingCenterDatabase>`;
}

describe("npm run demo", () => {
  it("brings a month of history and four fresh workouts out of the feed at either provider, and carries a user over without a duplicate", async () => {
    const { exitCode, output } = await demo();
    expect(output).toContain("Everything arrived as it was recorded.");
    expect(exitCode).toBe(0);
    const [, fitbit = "", google = "", wayOver = ""] = output.split(
      /^(?:Fitbit|Google Health|From [^\n]+)\n=+$/m,
    );
    for (const story of [fitbit, google]) {
      expect(story).toMatch(/history +12 of 12 activities/);
      expect(story).toMatch(/live +4 of 4 activities/);
      for (const title of ["Run", "Treadmill", "Weights", "Swim"]) {
        expect(story).toMatch(new RegExp(`^${title} .* live +\\d+\\.\\d s$`, "m"));
      }
    }
    expect(wayOver).toMatch(/switched off +provider_gone: \S+/);
    const [, connection = "none"] = /connected .* \((con_\w+)\)/.exec(wayOver) ?? [];
    expect(wayOver).toContain(`came over     ${connection} is Google Health's`);
    // Revision before and after, times in the whole feed, times that the reader with a page token saw it.
    for (const title of ["Run", "Weights", "Swim"]) {
      expect(wayOver).toMatch(new RegExp(`^${title} .* before +act_\\w+ +1 +1 +1 +1$`, "m"));
    }
    expect(wayOver).toMatch(/^Walk .* while Fitbit was off +act_\w+ +1 +1 +1$/m);
    expect(wayOver).toMatch(/^Hike .* after +act_\w+ +1 +1 +1$/m);
  });

  it("compares files of years ago with what came out of either provider, and fails with a reason for one that breaks off", async () => {
    writeFileSync(join(folder, "a-with-heart-rate.tcx"), tcx(Date.UTC(2019, 4, 6, 7, 8, 9), true));
    writeFileSync(join(folder, "b-without.tcx"), tcx(Date.UTC(2016, 3, 24, 20, 28, 38, 188), false));
    writeFileSync(join(folder, "c-cut.tcx"), tcx(Date.UTC(2020, 1, 2, 3, 4, 5), true).slice(0, -60));
    writeFileSync(join(folder, "d-short.tcx"), tcx(Date.UTC(2021, 2, 3, 4, 5, 6), true, 32));
    const { exitCode, output } = await demo("--tcx", folder);
    for (const name of ["a-with-heart-rate", "b-without"]) {
      const lines = output.split(`equal      ${name}.tcx: 8 trackpoints, 1 merged within their second`);
      expect(lines.length - 1, name).toBe(2);
    }
    // At Google alone, whose lists have sessions that were started by mistake.
    expect(output.match(/^left out {3}d-short\.tcx: it lasts less than a minute$/gm)).toHaveLength(1);
    expect(output.match(/^equal {6}d-short\.tcx: /gm)).toHaveLength(1);
    expect(output).toMatch(/- fitbit: c-cut\.tcx: /);
    expect(output).toMatch(/- google-health: c-cut\.tcx: /);
    expect(exitCode).toBe(1);
  });
});
