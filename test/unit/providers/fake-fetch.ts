// Stands in for a provider at the level of fetch: each test says what a request is answered with and looks at what was sent.

import { afterEach, vi } from "vitest";

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

afterEach(() => vi.restoreAllMocks());
