import { describe, expect, it } from "vitest";
import { answering, context, fitbit, fitbitError, reply, type SentRequest } from "./fake-fitbit.ts";

const connectionId = "con_0123456789abcdefghjkmnpqrs";
const line = ({ method, url }: SentRequest) => `${method} ${url.pathname.replace("/1/user/-/", "")}`;
const activities = `activities/apiSubscriptions/${connectionId}-act.json`;
const revoked = `userRevokedAccess/apiSubscriptions/${connectionId}-rev.json`;

describe("subscribing", () => {
  it.each([201, 200])("creates both subscriptions, or finds them (%i)", async (status) => {
    const sent = answering(() => reply(status, { collectionType: "activities" }));
    expect(await fitbit.subscribe(context, connectionId)).toMatchObject({ ok: true, value: { calls: 2 } });
    expect(sent.map(line)).toEqual([`POST ${activities}`, `POST ${revoked}`]);
    expect(sent.every((request) => request.headers.get("content-length") === "0")).toBe(true);
  });

  it("gives ids of at most 50 characters that differ between the two", async () => {
    const sent = answering(() => reply(201, {}));
    await fitbit.subscribe(context, `con_${"x".repeat(80)}`);
    const ids = sent.map((request) => request.url.pathname.split("/").at(-1)?.replace(".json", "") ?? "");
    expect(ids.every((id) => id.length === 50)).toBe(true);
    expect(new Set(ids).size).toBe(2);
  });

  it("adopts its own subscription after a conflict", async () => {
    const sent = answering((request) => {
      if (request.method === "GET") {
        return reply(200, {
          apiSubscriptions: [{ collectionType: "activities", subscriptionId: `${connectionId}-act` }],
        });
      }
      return reply(request.url.pathname.includes("-act") ? 409 : 201, {});
    });
    expect(await fitbit.subscribe(context, connectionId)).toMatchObject({ ok: true, value: { calls: 3 } });
    expect(sent.map(line)).toEqual([
      `POST ${activities}`,
      "GET activities/apiSubscriptions.json",
      `POST ${revoked}`,
    ]);
  });

  it("replaces what an earlier connection left behind", async () => {
    const left = [
      { collectionType: "activities", subscriptionId: "old" },
      { collectionType: "foods", subscriptionId: "not ours" },
    ];
    let conflicts = 1;
    const sent = answering((request) => {
      if (request.method === "GET") return reply(200, { apiSubscriptions: left });
      if (request.method === "DELETE") return reply(204, "");
      return reply(conflicts-- > 0 ? 409 : 201, {});
    });
    expect(await fitbit.subscribe(context, connectionId)).toMatchObject({ ok: true, value: { calls: 5 } });
    expect(sent.map(line)).toEqual([
      `POST ${activities}`,
      "GET activities/apiSubscriptions.json",
      "DELETE activities/apiSubscriptions/old.json",
      `POST ${activities}`,
      `POST ${revoked}`,
    ]);
  });

  it("tells a missing activity scope, and still hears of a withdrawn consent", async () => {
    const sent = answering((request) =>
      request.url.pathname.includes("-act") ? reply(403, fitbitError("insufficient_scope")) : reply(201, {}),
    );
    expect(await fitbit.subscribe(context, connectionId)).toMatchObject({
      ok: false,
      error: { code: "scope_missing" },
    });
    expect(sent.map(line)).toContain(`POST ${revoked}`);
  });

  it("stops at the first failure, so that nothing is spent on a provider that is down", async () => {
    const sent = answering(() => reply(503, ""));
    expect(await fitbit.subscribe(context, connectionId)).toMatchObject({
      ok: false,
      error: { code: "provider_unavailable" },
    });
    expect(sent).toHaveLength(1);
  });
});

describe("unsubscribing", () => {
  it.each([204, 404])("is done when the provider answers %i", async (status) => {
    const sent = answering(() => reply(status, ""));
    expect(await fitbit.unsubscribe(context, connectionId)).toMatchObject({ ok: true, value: { calls: 2 } });
    expect(sent.map(line)).toEqual([`DELETE ${activities}`, `DELETE ${revoked}`]);
  });

  it("is not done when the provider cannot answer", async () => {
    answering(() => reply(502, "<html>"));
    expect(await fitbit.unsubscribe(context, connectionId)).toMatchObject({
      ok: false,
      error: { code: "provider_unavailable" },
    });
  });
});
