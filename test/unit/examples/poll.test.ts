// The example client against a service that fails in every way a network knows. That it follows the real feed is shown in
// test/e2e.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";

const script = join(import.meta.dirname, "../../../examples/poll.js");
const folder = mkdtempSync(join(tmpdir(), "poll-"));
let server: Server | undefined;
let client: ChildProcess | undefined;

afterEach(() => {
  client?.kill();
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

it("asks again after a broken connection, a 503 and half an answer, and ends with a word when it is refused", async () => {
  const run = { id: "act_1", revision: 1, title: "Run" };
  const page = { changes: [{ change: "upsert", activity: run }], nextPageToken: "second", hasMore: false };
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.destroy(),
    (response) => response.writeHead(503).end("down"),
    (response) => {
      response.writeHead(200, { "content-length": "999" }).write('{"changes":[');
      setTimeout(() => response.destroy(), 20);
    },
    (response) => response.end(JSON.stringify(page)),
    (response) => response.writeHead(401).end("not this key"),
  ];
  const asked: (string | undefined)[] = [];
  server = createServer((request, response) => {
    answers[asked.push(request.url) - 1]?.(response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("It listens on a port.");

  const child = spawn(process.execPath, [script], {
    cwd: folder,
    env: { ...process.env, BASE_URL: `http://127.0.0.1:${address.port}`, SECONDS: "0.05" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  client = child;
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [code] = await once(child, "close");
  expect(asked).toEqual([...Array(4).fill("/v1/activities"), "/v1/activities?pageToken=second"]);
  expect(output).toContain("upsert act_1 revision 1 Run\n");
  expect(output.trimEnd()).toMatch(/401 not this key$/);
  expect(code).toBe(1);
  expect(readFileSync(join(folder, "page-token"), "utf8")).toBe("second");
});
