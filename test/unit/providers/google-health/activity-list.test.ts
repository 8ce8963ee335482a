import { describe, expect, it } from "vitest";
import { activityId, always, answering, apiError, context, google, now, reply, run } from "./fake-google.ts";

const day = 86_400_000;
const window = { start: now - 2 * day, end: now };
const list = (page: string | null = null) => google.listActivities(context, window, page);

describe("a page of the list", () => {
  it("is asked for by the wall clock, a day wider at each end, and 25 at a time", async () => {
    const sent = always(200, {});
    await list();
    expect(sent[0]?.url.pathname).toBe("/v4/users/me/dataTypes/exercise/dataPoints");
    expect(Object.fromEntries(sent[0]?.url.searchParams ?? [])).toEqual({
      pageSize: "25",
      filter:
        'exercise.interval.civil_start_time >= "2026-11-17T12:00:00" AND exercise.interval.civil_start_time < "2026-11-21T12:00:00"',
    });
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer token-of-the-user");
    expect(sent[0]?.headers.get("accept-language")).toBe("en");
  });

  it("is followed by the next one with the same words and its token, until there is none", async () => {
    const sent = answering(({ url }) =>
      url.searchParams.has("pageToken")
        ? reply(200, {})
        : reply(200, { dataPoints: [run], nextPageToken: "CgwI+/=&x" }),
    );
    const first = await list();
    expect(first).toMatchObject({ ok: true, value: { nextPage: "CgwI+/=&x" } });
    const second = await list(first.ok ? first.value.nextPage : null);
    expect(second).toEqual({
      ok: true,
      value: { activities: [], unreadable: [], nextPage: null },
      rate: null,
    });
    expect(sent[1]?.url.searchParams.get("pageToken")).toBe("CgwI+/=&x");
    for (const name of ["filter", "pageSize"]) {
      expect(sent[1]?.url.searchParams.get(name)).toBe(sent[0]?.url.searchParams.get(name));
    }
  });

  it.each([
    ["no token", { dataPoints: [run] }],
    ["an empty token", { dataPoints: [run], nextPageToken: "" }],
    ["nothing at all", {}],
  ])("is the last one when it comes with %s", async (_name, body) => {
    always(200, body);
    expect(await list()).toMatchObject({ ok: true, value: { nextPage: null } });
  });

  it("keeps the rows that can be read beside one that cannot, which it names", async () => {
    const odd = { ...run, name: run.name.replace(/\d+$/, "17"), exercise: { ...run.exercise, interval: {} } };
    always(200, { dataPoints: [odd, run, "nonsense", { ...run, name: "users/1/other/2" }] });
    const page = await list();
    expect(page).toMatchObject({
      ok: true,
      value: {
        activities: [{ sourceActivityId: "8812345678901234567" }],
        unreadable: [
          {
            sourceActivityId: "17",
            reason: "unreadable: exercise.interval.startTime, exercise.interval.endTime",
          },
          { sourceActivityId: null },
          { sourceActivityId: null, reason: "unreadable: name" },
        ],
      },
    });
  });

  it.each([
    ["a list instead of an object", "[]"],
    ["rows that are no list", '{"dataPoints":{}}'],
    ["a token that is no text", '{"nextPageToken":5}'],
    ["JSON that was cut", '{"dataPoints":[{"name":'],
  ])("is an error, and never an empty page, when it is %s", async (_name, body) => {
    always(200, body);
    expect(await list()).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("does not go round in a circle", async () => {
    always(200, { dataPoints: [run], nextPageToken: "again" });
    expect(await list("again")).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });
});

describe("one activity", () => {
  it("is asked for by its id, encoded, and is what the list would tell", async () => {
    const sent = always(200, run);
    const one = await google.getActivity(context, activityId("8812345678901234567"));
    expect(sent[0]?.url.pathname).toBe("/v4/users/me/dataTypes/exercise/dataPoints/8812345678901234567");
    always(200, { dataPoints: [run] });
    const page = await list();
    expect(one.ok && one.value).toEqual(page.ok && page.value.activities[0]);
    const odd = always(200, run);
    await google.getActivity(context, activityId("a/../b:c?d"));
    expect(odd[0]?.url.pathname).toBe("/v4/users/me/dataTypes/exercise/dataPoints/a%2F..%2Fb%3Ac%3Fd");
  });

  it("is not found when it was deleted", async () => {
    always(404, apiError(404, "RESOURCE_NOT_FOUND"));
    expect(await google.getActivity(context, activityId("1"))).toMatchObject({
      error: { code: "not_found" },
    });
  });

  it.each([
    ["another activity", run],
    ["one that cannot be read", { name: run.name }],
  ])("is an error when the answer is %s", async (_name, body) => {
    always(200, body);
    expect(await google.getActivity(context, activityId("1"))).toMatchObject({
      error: { code: "bad_response" },
    });
  });
});
