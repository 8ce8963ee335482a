// What wrangler.toml promises to people and not to the program: nothing else would notice if it went.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const toml = readFileSync(join(import.meta.dirname, "../../../wrangler.toml"), "utf8");

/** The lines of one table, from its heading to the next. */
function table(name: string): string[] {
  const lines = toml.split("\n");
  const start = lines.indexOf(`[${name}]`);
  expect(start, `[${name}]`).toBeGreaterThanOrEqual(0);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith("["));
  return rest.slice(0, end === -1 ? rest.length : end);
}

describe("wrangler.toml", () => {
  it("keeps the platform's invocation logs off: they record URLs, and ours hold codes and tokens (rule 13)", () => {
    expect(table("observability.logs")).toContain("invocation_logs = false");
    // No environment of its own and no second table turns them on again.
    expect(toml.match(/invocation_logs\s*=/g)).toHaveLength(1);
    expect(toml).not.toMatch(/^\s*(logpush|tail_consumers)\b/m);
  });

  it("lets the development server listen to this machine only", () => {
    expect(table("dev")).toContain('ip = "127.0.0.1"');
  });

  it("gives every queue that can fail a place for what failed every attempt", () => {
    const consumers = toml
      .split("[[queues.consumers]]")
      .slice(1)
      .map((text) => text.split("\n[")[0] ?? "");
    expect(consumers).toHaveLength(3);
    for (const consumer of consumers) {
      if (consumer.includes('queue = "fitglue-fitbit-dead-letters"\nmax_batch_size')) continue;
      expect(consumer).toContain('dead_letter_queue = "fitglue-fitbit-dead-letters"');
    }
  });
});
