// Stands in for Fitbit at the level of fetch: each test says what one request is answered with and looks at what was sent.
// The simulator has its own suite (against-simulator.test.ts); this is for answers that no service would give twice.

import { afterEach, vi } from "vitest";
import { asId, type SourceActivityId } from "../../../../src/kernel/ids.ts";
import { createFitbitProvider } from "../../../../src/providers/fitbit/fitbit.ts";
import type { CallContext } from "../../../../src/providers/port.ts";

export const apiUrl = "http://127.0.0.1:9";
export const now = Date.parse("2026-03-10T12:20:00Z");
export const context: CallContext = { accessToken: "token-of-the-user", now };

export const fitbit = createFitbitProvider({
  apiUrl,
  authorizeUrl: "https://www.fitbit.com/oauth2/authorize",
  clientId: "23TEST",
  clientSecret: "secret-of-the-application",
  timeoutMilliseconds: 200,
});

export const activityId = (text: string) => asId<SourceActivityId>(text);

export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** Answers every request by `answer` and keeps what was sent. */
export function answering(
  answer: (request: SentRequest, signal: AbortSignal | null) => Response | Promise<Response>,
): SentRequest[] {
  const sent: SentRequest[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const seen = {
      method: request.method,
      url: new URL(request.url),
      headers: new Headers(init?.headers),
      body: await request.text(),
    };
    sent.push(seen);
    return answer(seen, init?.signal ?? null);
  });
  return sent;
}

/** One answer for every request. */
export const always = (status: number, body: string | object, headers: Record<string, string> = {}) =>
  answering(() => reply(status, body, headers));

export function reply(status: number, body: string | object, headers: Record<string, string> = {}): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = text.startsWith("<") ? "text/html" : "application/json";
  return new Response(status === 204 ? null : text, {
    status,
    headers: { "content-type": type, ...headers },
  });
}

/** An error in Fitbit's own shape; its text holds a secret, as the real ones do. */
export const fitbitError = (errorType: string) => ({
  errors: [
    { errorType, fieldName: "n/a", message: "Something invalid: SECRET-TOKEN. Visit the documentation." },
  ],
  success: false,
});

afterEach(() => vi.restoreAllMocks());
