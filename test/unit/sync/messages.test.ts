// The messages' bounds: what a queue takes, and what the consumer of a batch may do in one invocation.

import { describe, expect, it } from "vitest";
import { type AccountName, asId } from "../../../src/kernel/ids.ts";
import { type Hint, messageLimitBytes, packHints } from "../../../src/sync/messages.ts";

function hints(count: number, dates: readonly string[] = []): Hint[] {
  return Array.from({ length: count }, (_, index) => ({
    account: asId<AccountName>(`fitbit:USER${index}`),
    collection: "activities" as const,
    dates: [...dates],
    windows: [],
    receivedAt: index,
  }));
}

describe("hints of one push", () => {
  it("go in messages of at most a hundred, because an invocation has a limited number of calls", () => {
    const messages = packHints(hints(250));
    expect(messages.map((message) => message.hints.length)).toEqual([100, 100, 50]);
  });

  it("keep their order and lose nobody", () => {
    const all = hints(1234);
    expect(packHints(all).flatMap((message) => message.hints)).toEqual(all);
  });

  it("go in smaller messages where they are long", () => {
    const days = Array.from({ length: 400 }, (_, index) => `2026-01-${index}`);
    for (const message of packHints(hints(60, days))) {
      expect(new TextEncoder().encode(JSON.stringify(message)).length).toBeLessThanOrEqual(messageLimitBytes);
    }
  });

  it("make no message where there are none", () => {
    expect(packHints([])).toEqual([]);
  });
});
