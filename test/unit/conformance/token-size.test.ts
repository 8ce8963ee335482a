// How long an access token may be: Google documents 2,048 bytes for its own and 1,024 for Fitbit's (Google Health reference §2.1).
// None may be cut on its way from the answer through the encryption that it is stored under to the next call.

import { afterEach, describe, expect, it, vi } from "vitest";
import { decrypt, encrypt } from "../../../src/kernel/encryption.ts";
import { createFitbitProvider } from "../../../src/providers/fitbit/fitbit.ts";
import { createGoogleHealthProvider } from "../../../src/providers/google-health/google-health.ts";
import type { Provider } from "../../../src/providers/port.ts";

const now = Date.parse("2026-11-20T12:00:00Z");
const client = { clientId: "client", clientSecret: "secret" };
const here = "http://127.0.0.1:9";
const keys = [{ id: "only", key: Buffer.alloc(32, 7).toString("base64") }];

afterEach(() => vi.restoreAllMocks());

describe("a token of the longest documented size", () => {
  it.each<[string, Provider, number]>([
    ["fitbit", createFitbitProvider({ apiUrl: here, authorizeUrl: `${here}/authorize`, ...client }), 1024],
    ["google-health", createGoogleHealthProvider({ apiUrl: here, oauthUrl: here, ...client }), 2048],
  ])("is kept whole from the answer to the next call: %s", async (_name, provider, length) => {
    const accessToken = "ya29.".padEnd(length, "aZ09-_~.+/");
    const sent: (string | null)[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_input, init) => {
      sent.push(new Headers(init?.headers).get("authorization"));
      const tokens = { access_token: accessToken, refresh_token: accessToken, token_type: "Bearer" };
      return Response.json({ ...tokens, expires_in: 3599, scope: "" });
    });
    const renewed = await provider.refresh({ refreshToken: "r", now });
    if (!renewed.ok) throw new Error(renewed.error.message);
    expect(renewed.value.refreshToken).toBe(accessToken);
    const sealed = await encrypt(keys, "con_a", renewed.value.accessToken);
    const opened = await decrypt(keys, "con_a", sealed);
    await provider.introspect({ accessToken: opened ?? "", now });
    expect(sent.at(-1)).toBe(`Bearer ${accessToken}`);
  });
});
