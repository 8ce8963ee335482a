import { describe, expect, it } from "vitest";
import {
  activityId,
  always,
  answering,
  apiUrl,
  context,
  fitbit,
  fitbitError,
  now,
  reply,
} from "./fake-fitbit.ts";

const day = 86_400_000;
const window = { start: Date.parse("2026-03-03T09:30:00Z"), end: Date.parse("2026-03-10T09:30:00Z") };
const listAddress = `${apiUrl}/1/user/-/activities/list.json`;

const entry = (logId: string, startTime: string) =>
  `{"logId":${logId},"startTime":"${startTime}","duration":60000,"activityName":"Run","activityTypeId":90009}`;
const page = (entries: readonly string[], next = "") =>
  `{"activities":[${entries.join(",")}],"pagination":{"next":"${next}","sort":"asc"}}`;

describe("a list of activities", () => {
  it("reaches a day before the window, because a local time is compared, in ascending order", async () => {
    const sent = always(200, page([]));
    await fitbit.listActivities(context, window, null);
    expect(sent[0]?.url.pathname).toBe("/1/user/-/activities/list.json");
    expect(Object.fromEntries(sent[0]?.url.searchParams ?? [])).toEqual({
      afterDate: "2026-03-02",
      sort: "asc",
      limit: "100",
      offset: "0",
    });
  });

  it("keeps ids beyond 2^53 to the last digit", async () => {
    always(
      200,
      page([
        entry("9007199254740993", "2026-03-04T00:00:00.000Z"),
        entry("18446744073709551615", "2026-03-05T00:00:00.000Z"),
      ]),
    );
    const result = await fitbit.listActivities(context, window, null);
    expect(result.ok && result.value.activities.map((activity) => activity.sourceActivityId)).toEqual([
      "9007199254740993",
      "18446744073709551615",
    ]);
  });

  it.each(['{"pagination":{"next":""}}', '{"activities":[],"pagination":{"next":""}}'])(
    "is empty when %s",
    async (body) => {
      always(200, body);
      const result = await fitbit.listActivities(context, window, null);
      expect(result).toMatchObject({ ok: true, value: { activities: [], unreadable: [], nextPage: null } });
    },
  );

  it.each([
    ["without pagination", '{"activities":[]}'],
    ["whose pagination has no next", '{"activities":[],"pagination":{}}'],
    ["that is no object", "[]"],
    ["whose activities are no list", '{"activities":{"a":1},"pagination":{"next":""}}'],
  ])("%s is an error, never a short list", async (_name, body) => {
    always(200, body);
    const result = await fitbit.listActivities(context, window, null);
    expect(result).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("goes on where the provider's next link points, page by page", async () => {
    const sent = answering((request) =>
      request.url.searchParams.get("offset") === "0"
        ? reply(
            200,
            page(
              [entry("1", "2026-03-04T00:00:00.000Z")],
              `${listAddress}?offset=100&limit=100&sort=asc&afterDate=2026-03-02`,
            ),
          )
        : reply(200, page([entry("2", "2026-03-05T00:00:00.000Z")])),
    );
    const first = await fitbit.listActivities(context, window, null);
    const nextPage = first.ok ? first.value.nextPage : null;
    expect(nextPage).toBe("offset=100&limit=100&sort=asc&afterDate=2026-03-02");
    const second = await fitbit.listActivities(context, window, nextPage);
    expect(second).toMatchObject({
      ok: true,
      value: { nextPage: null, activities: [{ sourceActivityId: "2" }] },
    });
    expect(sent[1]?.url.searchParams.get("offset")).toBe("100");
  });

  it.each([
    "https://evil.example/1/user/-/activities/list.json?offset=100",
    "http://127.0.0.1:9@evil.example/1/user/-/activities/list.json?offset=100",
    `${apiUrl}/1/user/-/profile.json?offset=100`,
    "/1/user/-/activities/list.json?offset=100",
    listAddress,
    "not an address",
  ])("refuses to carry the token to %s", async (next) => {
    always(200, page([], next));
    const result = await fitbit.listActivities(context, window, null);
    expect(result).toMatchObject({ ok: false, error: { code: "bad_response" } });
  });

  it("does not go round in circles when a page points at itself", async () => {
    const query = "offset=100&limit=100&sort=asc&afterDate=2026-03-02";
    always(200, page([], `${listAddress}?${query}`));
    expect(await fitbit.listActivities(context, window, query)).toMatchObject({ ok: false });
  });

  it("ends once the list is past the window in every time zone, and not before", async () => {
    const next = `${listAddress}?offset=100&limit=100&sort=asc&afterDate=2026-03-02`;
    const at = (time: number) => page([entry("1", new Date(time).toISOString())], next);
    always(200, at(window.end + 26 * 3_600_000));
    expect(await fitbit.listActivities(context, window, null)).toMatchObject({
      value: { nextPage: expect.any(String) },
    });
    always(200, at(window.end + 26 * 3_600_000 + 1000));
    expect(await fitbit.listActivities(context, window, null)).toMatchObject({ value: { nextPage: null } });
  });

  it("loses only the entry that cannot be read, and names it where it can", async () => {
    always(
      200,
      page([
        entry("1", "2026-03-04T00:00:00.000Z"),
        '{"logId":12345678901234567890}',
        "null",
        '{"logId":4,"startTime":"yesterday"}',
      ]),
    );
    const result = await fitbit.listActivities(context, window, null);
    expect(result).toMatchObject({
      ok: true,
      value: {
        activities: [{ sourceActivityId: "1" }],
        unreadable: [
          { sourceActivityId: "12345678901234567890" },
          { sourceActivityId: null },
          { sourceActivityId: "4" },
        ],
      },
    });
    expect(JSON.stringify(result)).not.toContain("yesterday");
  });

  it("looks far enough back even where the user's clock is twelve hours behind", async () => {
    const sent = always(200, page([]));
    const start = Date.parse("2026-03-03T00:00:01Z"); // 2 March, noon, at -12 h
    await fitbit.listActivities(context, { start, end: start + day }, null);
    expect(sent[0]?.url.searchParams.get("afterDate")).toBe("2026-03-02");
  });
});

describe("one activity", () => {
  const id = activityId("1234567890123456789");
  const body = entry("1234567890123456789", "2026-03-04T06:00:00.000+05:30");

  it.each([`{"activityLog":${body}}`, body])("is read from either shape of the answer", async (text) => {
    const sent = always(200, text);
    const result = await fitbit.getActivity(context, id);
    expect(sent[0]?.url.pathname).toBe("/1.1/user/-/activities/1234567890123456789.json");
    expect(result).toMatchObject({
      ok: true,
      value: {
        sourceActivityId: id,
        startTime: Date.parse("2026-03-04T00:30:00Z"),
        utcOffsetSeconds: 19_800,
      },
    });
  });

  it("that was deleted is not found", async () => {
    always(404, fitbitError("not_found"));
    expect(await fitbit.getActivity(context, id)).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("that is another one is an error", async () => {
    always(200, entry("5", new Date(now).toISOString()));
    expect(await fitbit.getActivity(context, id)).toMatchObject({
      ok: false,
      error: { code: "bad_response" },
    });
  });
});
