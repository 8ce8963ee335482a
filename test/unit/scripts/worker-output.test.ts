import { describe, expect, it } from "vitest";
import { LineSplitter, readOutputLine } from "../../../scripts/local/worker-output.ts";

const noon = new Date(2026, 10, 21, 12, 0, 1);

describe("what npm start shows of wrangler's output", () => {
  it("shows the Worker's own log lines as one readable line", () => {
    const line =
      '{"level":"info","event":"sync.ended","connectionId":"con_1","calls":3,"reason":"all is well"}';
    expect(readOutputLine(line, noon)).toEqual({
      kind: "worker",
      text: '12:00:01 info  sync.ended connectionId=con_1 calls=3 reason="all is well"',
    });
  });

  it.each([
    ["[wrangler:error] Error: boom", "error"],
    ["    at Object.fetch (worker.js:3:247)", "error"],
    ["\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m Build failed", "error"],
    ["[wrangler:info] GET /healthz 200 OK (3ms)", "noise"],
    ["⎔ Starting local server...", "noise"],
    ['{"level":"info","event":', "noise"],
  ])("tells %j as %s", (line, kind) => {
    expect(readOutputLine(line, noon).kind).toBe(kind);
  });

  it("puts lines together again that came in pieces", () => {
    const splitter = new LineSplitter();
    expect([...splitter.push("one\ntw"), ...splitter.push("o\nthree"), ...splitter.flush()]).toEqual([
      "one",
      "two",
      "three",
    ]);
  });
});
