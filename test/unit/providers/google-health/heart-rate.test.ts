import { describe, expect, it } from "vitest";
import type { HeartRateRequest } from "../../../../src/providers/port.ts";
import { always, apiError, context, google } from "./fake-google.ts";

const watch = {
  platform: "FITBIT",
  device: { displayName: "Pixel Watch 9" },
  recordingMethod: "PASSIVELY_MEASURED",
};
const band = { platform: "FITBIT", device: { displayName: "Old Band" } };
const strap = { platform: "HEALTH_CONNECT", application: { packageName: "com.example.strap" } };

const sample = (physicalTime: string, beatsPerMinute: unknown, dataSource: object | undefined = watch) => ({
  dataSource,
  heartRate: {
    sampleTime: { physicalTime: `2026-11-20T${physicalTime}`, utcOffset: "3600s" },
    beatsPerMinute,
    metadata: { motionContext: "ACTIVE" },
  },
});
const at = (time: string) => Date.parse(`2026-11-20T${time}`);
const run: HeartRateRequest = {
  startTime: at("06:10:05.761Z"),
  endTime: at("06:50:35.129Z"),
  utcOffsetSeconds: 3600,
  averageHeartRate: 149,
};
const fetchPage = (request: HeartRateRequest = run, page: string | null = null) =>
  google.fetchHeartRate(context, request, page);

async function samplesOf(points: readonly object[], request = run) {
  always(200, { dataPoints: points });
  const answer = await fetchPage(request);
  return answer.ok && answer.value.result.kind === "samples" ? answer.value.result.samples : null;
}

describe("the request for heart rate", () => {
  it("covers every second of the activity, in UTC, with the largest pages there are", async () => {
    const sent = always(200, {});
    await fetchPage();
    expect(sent[0]?.url.pathname).toBe("/v4/users/me/dataTypes/heart-rate/dataPoints");
    expect(Object.fromEntries(sent[0]?.url.searchParams ?? [])).toEqual({
      pageSize: "10000",
      filter:
        'heart_rate.sample_time.physical_time >= "2026-11-20T06:10:05Z" AND heart_rate.sample_time.physical_time < "2026-11-20T06:50:37Z"',
    });
  });

  it("reaches past an end that is a whole second, because the end itself is left out", async () => {
    const sent = always(200, {});
    await fetchPage({ ...run, endTime: at("06:50:35Z") });
    expect(sent[0]?.url.searchParams.get("filter")).toContain('< "2026-11-20T06:50:36Z"');
  });

  it("asks for the next page with the same words and the token", async () => {
    const sent = always(200, { dataPoints: [sample("06:30:00Z", "120")], nextPageToken: "next/+=" });
    const first = await fetchPage();
    expect(first).toMatchObject({ value: { nextPage: "next/+=" } });
    await fetchPage(run, "next/+=");
    expect(sent[1]?.url.searchParams.get("pageToken")).toBe("next/+=");
    expect(sent[1]?.url.searchParams.get("filter")).toBe(sent[0]?.url.searchParams.get("filter"));
  });
});

describe("the answer about heart rate", () => {
  it("is samples in absolute time, ascending although the newest came first", async () => {
    always(200, {
      dataPoints: [sample("06:30:04Z", "121"), sample("06:30:02.5Z", "120"), sample("06:30:00Z", 119)],
      nextPageToken: "",
    });
    expect(await fetchPage()).toEqual({
      ok: true,
      rate: null,
      value: {
        nextPage: null,
        result: {
          kind: "samples",
          timeBasis: "utc",
          samples: [
            { time: at("06:30:00Z"), bpm: 119 },
            { time: at("06:30:02.500Z"), bpm: 120 },
            { time: at("06:30:04Z"), bpm: 121 },
          ],
        },
      },
    });
  });

  it.each(["0", "-1", "255", "300", "NaN", "72.5", 72.5, null, true])(
    "leaves out what is no heart rate of a living person: %j",
    async (bpm) => {
      expect(
        await samplesOf([sample("06:30:00Z", bpm), sample("06:31:00Z", "1"), sample("06:32:00Z", 254)]),
      ).toEqual([
        { time: at("06:31:00Z"), bpm: 1 },
        { time: at("06:32:00Z"), bpm: 254 },
      ]);
    },
  );

  it("goes by the instant, whatever wall clock and offset stand beside it", async () => {
    // A user who travels has one minute under two offsets (reference §9, third-party).
    const beside = (time: string, offset: string, hours: number) => {
      const point = sample(time, "100");
      const sampleTime = { ...point.heartRate.sampleTime, utcOffset: offset, civilTime: { time: { hours } } };
      return { ...point, heartRate: { ...point.heartRate, sampleTime } };
    };
    const samples = await samplesOf([
      beside("06:30:01Z", "-18000s", 1),
      beside("06:30:00Z", "3600s", 7),
      beside("06:30:00Z", "-18000s", 1),
    ]);
    expect(samples?.map(({ time }) => time)).toEqual([at("06:30:00Z"), at("06:30:01Z")]);
  });

  it("keeps the seconds in which the activity starts and ends, and nothing beyond", async () => {
    const times = ["06:10:04Z", "06:10:05Z", "06:50:35Z", "06:50:36Z", "06:50:37Z"];
    const samples = await samplesOf(times.map((time) => sample(time, "100")));
    expect(samples?.map(({ time }) => time)).toEqual([at("06:10:05Z"), at("06:50:35Z"), at("06:50:36Z")]);
  });

  it("lets what recorded the activity speak where several sources share a second, else the own device, else the first", async () => {
    const second = [
      sample("06:30:00.2Z", "101", strap),
      sample("06:30:00.4Z", "102", band),
      sample("06:30:00Z", "103", watch),
      sample("06:30:00Z", "104", watch),
    ];
    const spoken = async (points: readonly object[], recordedWith?: string) =>
      (await samplesOf(points, recordedWith === undefined ? run : { ...run, recordedWith }))?.map(
        ({ bpm }) => bpm,
      );
    const key = (platform: string, device: string, app: string) => JSON.stringify([platform, device, app]);
    expect(await spoken(second, key("FITBIT", "Pixel Watch 9", ""))).toEqual([103]);
    expect(await spoken(second, key("HEALTH_CONNECT", "", "com.example.strap"))).toEqual([101]);
    expect(await spoken(second, key("FITBIT", "Old Band", ""))).toEqual([102]);
    expect(await spoken(second, "another")).toEqual([102]);
    expect(await spoken(second)).toEqual([102]);
    expect(await spoken([sample("06:30:00Z", "90", undefined), sample("06:30:00Z", "91", strap)])).toEqual([
      90,
    ]);
  });

  it("fills with other sources the seconds in which the activity's own has none", async () => {
    const points = [sample("06:30:01Z", "101", strap), sample("06:30:00Z", "103", watch)];
    const recordedWith = JSON.stringify(["FITBIT", "Pixel Watch 9", ""]);
    expect((await samplesOf(points, { ...run, recordedWith }))?.map(({ bpm }) => bpm)).toEqual([103, 101]);
  });

  it("says that nobody wore a sensor when there is nothing", async () => {
    for (const body of [{}, { dataPoints: [] }, { dataPoints: [sample("09:00:00Z", "80")] }]) {
      always(200, body);
      expect(await fetchPage()).toMatchObject({
        value: { result: { kind: "missing", reason: "not_worn" }, nextPage: null },
      });
    }
  });

  it("does not end with an empty page that another one follows", async () => {
    always(200, { nextPageToken: "more" });
    expect(await fetchPage()).toMatchObject({ ok: true, value: { nextPage: "more" } });
  });

  it("says that the scope was not granted", async () => {
    always(403, apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"));
    expect(await fetchPage()).toEqual({
      ok: true,
      rate: null,
      value: { result: { kind: "missing", reason: "scope_not_granted" }, nextPage: null },
    });
  });

  it("says that it was refused, where nothing is said of the account or of the scope", async () => {
    always(403, apiError(403, null));
    expect(await fetchPage()).toMatchObject({
      ok: true,
      value: { result: { kind: "missing", reason: "provider_refused" }, nextPage: null },
    });
  });

  it.each([
    ["an expired token", 401, "", "unauthorized"],
    ["too many calls", 429, "", "rate_limited"],
    ["a failure of the server", 500, "", "provider_unavailable"],
    ["a filter of ours that is wrong", 400, apiError(400, "INVALID_DATA_POINT_FILTER"), "bad_response"],
    ["rows that are no list", 200, { dataPoints: "x" }, "bad_response"],
    ["rows of which none can be read", 200, { dataPoints: [{ heartRate: { bpm: 80 } }, 5] }, "bad_response"],
  ])("is an error, and never a user without a watch, after %s", async (_name, status, body, code) => {
    always(status, body);
    expect(await fetchPage()).toMatchObject({ ok: false, error: { code } });
  });

  it("does not go round in a circle", async () => {
    always(200, { nextPageToken: "again" });
    expect(await fetchPage(run, "again")).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });
});
