import { describe, expect, it } from "vitest";
import { activityId, always, answering, apiError, context, google } from "./fake-google.ts";

const id = activityId("8812345678901234567");
const withRoute = { partial: false, gpsExpected: true };
const fetchTcx = (options = withRoute) => google.fetchTcx(context, id, options);
const xml =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<TrainingCenterDatabase>é "q"</TrainingCenterDatabase>\n';
const encode = (text: string) => new TextEncoder().encode(text);

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

async function bytesOf(result: Awaited<ReturnType<typeof fetchTcx>>): Promise<Uint8Array> {
  const body = result.ok && result.value.kind === "document" ? result.value.body : null;
  return new Uint8Array(await new Response(body).arrayBuffer());
}

describe("the TCX of an activity", () => {
  it("is asked for as a file, by the id encoded and the colon as it is", async () => {
    const sent = always(200, xml, { "content-type": "application/vnd.garmin.tcx+xml" });
    await fetchTcx();
    await google.fetchTcx(context, activityId("a:b/c"), withRoute);
    const base = "http://127.0.0.1:9/v4/users/me/dataTypes/exercise/dataPoints";
    expect(sent.map(({ url }) => url.href)).toEqual([
      `${base}/8812345678901234567:exportExerciseTcx?alt=media`,
      `${base}/a%3Ab%2Fc:exportExerciseTcx?alt=media`,
    ]);
  });

  it.each([
    ["where heart rate is not to be had in another way", { partial: true, gpsExpected: true }],
    ["where no route is expected", { partial: false, gpsExpected: false }],
  ])("is asked for with points that have no position, %s", async (_name, options) => {
    const sent = always(200, xml, { "content-type": "text/xml" });
    await fetchTcx(options);
    expect(sent[0]?.url.search).toBe("?alt=media&partialData=true");
  });

  it.each(["application/vnd.garmin.tcx+xml; charset=utf-8", "application/json", "application/octet-stream"])(
    "comes through byte for byte, however it was cut and whatever type it is said to be: %s",
    async (type) => {
      const bytes = encode(`\uFEFF  ${xml}`);
      const chunks = [
        new Uint8Array(),
        bytes.slice(0, 1),
        bytes.slice(1, 4),
        bytes.slice(4, 60),
        bytes.slice(60),
      ];
      answering(() => new Response(streamOf(chunks), { headers: { "content-type": type } }));
      expect(await bytesOf(await fetchTcx())).toEqual(bytes);
    },
  );

  it.each([
    ["at once", (bytes: Uint8Array) => [bytes]],
    ["byte for byte", (bytes: Uint8Array) => [...bytes].map((byte) => Uint8Array.of(byte))],
  ])("is taken out of JSON that comes %s", async (_name, cut) => {
    const chunks = cut(encode(` {"tcxData":${JSON.stringify(xml)}}`));
    answering(() => new Response(streamOf(chunks), { headers: { "content-length": "5" } }));
    const result = await fetchTcx();
    expect(result).toMatchObject({ value: { kind: "document", contentLength: null } });
    expect(await bytesOf(result)).toEqual(encode(xml));
  });

  it("tells its length when the bytes are what was sent", async () => {
    always(200, xml, { "content-type": "text/xml", "content-length": "5" });
    expect(await fetchTcx()).toMatchObject({ value: { contentLength: 5 } });
    always(200, xml, { "content-type": "text/xml", "content-length": "3", "content-encoding": "gzip" });
    expect(await fetchTcx()).toMatchObject({ value: { contentLength: null } });
  });

  it.each([
    [
      "the scope for locations is missing",
      403,
      apiError(403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
      "scope_not_granted",
    ],
    ["the same in another word", 403, apiError(403, "MISSING_OAUTH_SCOPE"), "scope_not_granted"],
    ["it is refused without a reason", 403, apiError(403, null), "provider_refused"],
    ["it is refused for a reason that is new", 403, apiError(403, "NEW"), "provider_refused"],
    ["the provider answers 400 for ever", 400, apiError(400, null), "provider_refused"],
    ["the provider has none", 404, apiError(404, "RESOURCE_NOT_FOUND"), "provider_has_none"],
    ["the answer has no content", 204, "", "provider_has_none"],
    ["the answer is empty", 200, "", "provider_has_none"],
    ["the answer is blank", 200, " \r\n", "provider_has_none"],
    ["the answer is an empty object", 200, "{}", "provider_has_none"],
    ["the answer is an object around nothing", 200, '{"tcxData":""}', "provider_has_none"],
    ["the answer is an object around blanks", 200, '{"tcxData":" \\n"}', "provider_has_none"],
  ])("is missing, and says why, when %s", async (_name, status, body, reason) => {
    always(status, body);
    expect(await fetchTcx()).toEqual({ ok: true, value: { kind: "missing", reason }, rate: null });
  });

  it("is missing for want of a route where none was expected", async () => {
    always(404, apiError(404, "RESOURCE_NOT_FOUND"));
    expect(await fetchTcx({ partial: false, gpsExpected: false })).toMatchObject({
      value: { reason: "no_gps" },
    });
  });

  it.each([
    ["a failure of the server", 500, "", "provider_unavailable"],
    ["too many calls", 429, "", "rate_limited"],
    ["an expired token", 401, apiError(401, null), "unauthorized"],
    ["an API that is not enabled", 403, apiError(403, "SERVICE_DISABLED"), "misconfigured"],
    ["a profile that is gone", 400, apiError(400, "ACCOUNT_NOT_LINKED"), "account_not_linked"],
    ["a profile that is not ready", 412, "", "provider_unavailable"],
    ["a maintenance page with status 200", 200, "<html>soon</html>", "provider_unavailable"],
    ["a page of the edge with status 403", 403, "<html>no</html>", "provider_unavailable"],
    ["JSON that was cut before its text", 200, '{"tcxDa', "provider_unavailable"],
    ["a redirect", 302, "", "bad_response"],
  ])("is tried again after %s", async (_name, status, body, code) => {
    always(status, body);
    expect(await fetchTcx()).toMatchObject({ ok: false, error: { code } });
  });

  it("is an error when the connection breaks before the first byte", async () => {
    answering(() => new Response(streamOf([encode(" ")], new TypeError("terminated"))));
    expect(await fetchTcx()).toMatchObject({ error: { code: "provider_unavailable", answerLost: true } });
  });

  it.each([
    ["raw", encode("<?xml")],
    ["in JSON", encode('{"tcxData":"<?xml')],
  ])(
    "fails while it is read when the connection breaks later, and is never a shorter file: %s",
    async (_name, beginning) => {
      answering(() => new Response(streamOf([beginning], new TypeError("terminated"))));
      const result = await fetchTcx();
      expect(result).toMatchObject({ value: { kind: "document" } });
      await expect(bytesOf(result)).rejects.toThrow();
    },
  );

  it("fails while it is read when its JSON ends before its time", async () => {
    answering(() => new Response(streamOf([encode(`{"tcxData":${JSON.stringify(xml).slice(0, -1)}`)])));
    await expect(bytesOf(await fetchTcx())).rejects.toThrow();
  });

  it("is not downloaded further once its reader has had enough", async () => {
    let cancelled = false;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(encode(`{"tcxData":"${"x".repeat(100)}`)),
        pull: (controller) => controller.enqueue(encode("x".repeat(100))),
        cancel() {
          cancelled = true;
        },
      });
    answering(() => new Response(endless()));
    const result = await fetchTcx();
    if (result.ok && result.value.kind === "document") await result.value.body.cancel();
    expect(cancelled).toBe(true);
  });
});
