import { describe, expect, it } from "vitest";
import { activityId, always, answering, context, fitbit, fitbitError } from "./fake-fitbit.ts";

const id = activityId("1234567890123456789");
const fetchTcx = (partial = false) => fitbit.fetchTcx(context, id, { partial, gpsExpected: true });
const tcxType = { "content-type": "application/vnd.garmin.tcx+xml" };

/** A body in these chunks, which then ends, or breaks. */
function streamOf(chunks: readonly Uint8Array[], failure?: Error): ReadableStream<Uint8Array> {
  const rest = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = rest.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      else if (failure === undefined) controller.close();
      else controller.error(failure);
    },
  });
}

describe("the TCX of an activity", () => {
  it("comes through byte for byte, however it was cut", async () => {
    const bytes = new TextEncoder().encode(
      "\uFEFF  <?xml version='1.0'?><TrainingCenterDatabase>é</TrainingCenterDatabase>\r\n",
    );
    const chunks = [new Uint8Array(), bytes.slice(0, 1), bytes.slice(1, 60), bytes.slice(60)];
    const sent = answering(() => new Response(streamOf(chunks), { headers: tcxType }));
    const result = await fetchTcx();
    expect(sent[0]?.url.pathname).toBe("/1/user/-/activities/1234567890123456789.tcx");
    expect(sent[0]?.url.search).toBe("");
    expect(sent[0]?.headers.get("accept")).toBe("application/vnd.garmin.tcx+xml");
    const body = result.ok && result.value.kind === "document" ? result.value.body : null;
    expect(new Uint8Array(await new Response(body).arrayBuffer())).toEqual(bytes);
  });

  it("asks for points without a position only when told to", async () => {
    const sent = always(200, "x", tcxType);
    await fetchTcx(true);
    expect(sent[0]?.url.search).toBe("?includePartialTCX=true");
  });

  it("tells its length when the bytes are what was sent", async () => {
    always(200, "12345", { ...tcxType, "content-length": "5" });
    expect(await fetchTcx()).toMatchObject({ value: { contentLength: 5 } });
    always(200, "12345", { ...tcxType, "content-length": "3", "content-encoding": "gzip" });
    expect(await fetchTcx()).toMatchObject({ value: { contentLength: null } });
  });

  it.each([
    ["the location scope is missing", 403, fitbitError("insufficient_scope"), "scope_not_granted"],
    ["the provider refuses it", 403, fitbitError("insufficient_permissions"), "provider_refused"],
    ["the provider answers 400 for ever", 400, fitbitError("validation"), "provider_refused"],
    ["the provider has none", 404, fitbitError("not_found"), "provider_has_none"],
    ["the answer has no content", 204, "", "provider_has_none"],
    ["the answer is empty", 200, "", "provider_has_none"],
  ])("is missing, and says why, when %s", async (_name, status, body, reason) => {
    always(status, body);
    expect(await fetchTcx()).toMatchObject({ ok: true, value: { kind: "missing", reason } });
  });

  it.each([
    ["a failure of the server", 500, "", "provider_unavailable"],
    ["too many calls", 429, "", "rate_limited"],
    ["an expired token", 401, fitbitError("expired_token"), "unauthorized"],
    ["a maintenance page with status 200", 200, "<html>soon</html>", "provider_unavailable"],
    ["a page of the edge with status 403", 403, "<html>no</html>", "provider_unavailable"],
  ])("is tried again after %s", async (_name, status, body, code) => {
    always(status, body);
    expect(await fetchTcx()).toMatchObject({ ok: false, error: { code } });
  });

  it("is an error when the connection breaks before the first byte", async () => {
    answering(() => new Response(streamOf([], new TypeError("terminated")), { headers: tcxType }));
    expect(await fetchTcx()).toMatchObject({
      ok: false,
      error: { code: "provider_unavailable", answerLost: true },
    });
  });

  it("fails while it is read when the connection breaks later, and is never a shorter file", async () => {
    const beginning = [new TextEncoder().encode("<?xml")];
    answering(() => new Response(streamOf(beginning, new TypeError("terminated")), { headers: tcxType }));
    const result = await fetchTcx();
    const body = result.ok && result.value.kind === "document" ? result.value.body : null;
    await expect(new Response(body).text()).rejects.toThrow();
  });
});
