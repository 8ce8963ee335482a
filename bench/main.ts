// `npm run bench`: measures what the project exists for against named peers. With `--json`, standard output holds one
// JSON document and nothing else; `--only NAME` runs one suite.

import { parseArgs } from "node:util";
import type { Suite } from "./report.ts";
import { syncSuite } from "./sync/suite.ts";
import { tcxSuite } from "./tcx/suite.ts";
import { webhookSuite } from "./webhook/suite.ts";

const suites: readonly Suite[] = [tcxSuite, webhookSuite, syncSuite];

const { values: options } = parseArgs({ options: { json: { type: "boolean" }, only: { type: "string" } } });
const log = options.json ? (line: string) => console.error(line) : (line: string) => console.log(line);

const results: Record<string, unknown> = {};
for (const suite of suites) {
  if (options.only !== undefined && options.only !== suite.name) continue;
  results[suite.name] = await suite.run(log);
}
if (options.json) console.log(JSON.stringify(results));
