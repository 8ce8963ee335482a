// The webhook benchmark: signed pushes a second that our Worker, whole and as it is deployed, takes, against a bare Hono
// route that does the same HMAC check and one queue send. Both run in one workerd, each on a socket of its own; rounds
// alternate, and the ratio is the median of the rounds' ratios, so that a busy machine slows both sides of it.

import { join } from "node:path";
import { exampleSecrets } from "../../scripts/local-environment.ts";
import { projectDirectory } from "../../scripts/wrangler.ts";
import { median, rounded, type Suite, table } from "../report.ts";
import { LoadGenerator } from "./load.ts";
import { bundleWithWrangler, type LocalWorker, startWorkerd } from "./local-workerd.ts";
import { signedPushes } from "./pushes.ts";

const connections = 16;
const warmUpMilliseconds = 2_000;
const rounds = 120;
const roundMilliseconds = 100;

/** Takes the queues' messages and forgets them: the queue has somebody to deliver to, and the work behind it costs nothing. */
const sink = `export default { queue() {} };`;

export const webhookSuite: Suite = { name: "webhook", run };

async function run(log: (line: string) => void): Promise<Record<string, unknown>> {
  const [ours, bare] = await Promise.all([
    bundleWithWrangler(join(projectDirectory, "wrangler.toml"), "worker.js"),
    bundleWithWrangler(join(import.meta.dirname, "wrangler.toml"), "bare-worker.js"),
  ]);
  const workerd = await startWorkerd([
    measuredWorker(ours),
    {
      name: "bare",
      script: bare,
      options: {
        bindings: { FITBIT_CLIENT_SECRET: exampleSecrets.FITBIT_CLIENT_SECRET },
        queueProducers: { HINTS: { queueName: "bare-hints" } },
      },
    },
    {
      name: "sink",
      script: sink,
      options: {
        queueConsumers: {
          "our-hints": { maxBatchSize: 100, maxBatchTimeout: 1 },
          "bare-hints": { maxBatchSize: 100, maxBatchTimeout: 1 },
        },
      },
    },
  ]);
  const pushes = signedPushes(64, exampleSecrets.FITBIT_CLIENT_SECRET);
  const generators: LoadGenerator[] = [];
  try {
    for (const name of ["ours", "bare"]) {
      generators.push(await LoadGenerator.open(await workerd.address(name), pushes, connections));
    }
    return report(log, await measure(generators));
  } finally {
    for (const generator of generators) generator.close();
    await workerd.stop();
  }
}

/** Our Worker with what the request path needs. Without a simulator its clock asks nobody, as in a deployment. */
function measuredWorker(script: string): LocalWorker {
  return {
    name: "ours",
    script,
    options: {
      bindings: {
        ...exampleSecrets,
        PUBLIC_URL: "http://127.0.0.1:8787",
        PROVIDERS: "fitbit",
        FITBIT_API_URL: "https://api.fitbit.com",
        FITBIT_AUTHORIZE_URL: "https://www.fitbit.com/oauth2/authorize",
      },
      durableObjects: { ACCOUNT_SYNC: { className: "AccountSync", useSQLite: true } },
      queueProducers: { HINTS: { queueName: "our-hints" } },
    },
  };
}

interface Rates {
  readonly ours: readonly number[];
  readonly bare: readonly number[];
}

async function measure([ours, bare]: readonly LoadGenerator[]): Promise<Rates> {
  if (ours === undefined || bare === undefined) throw new Error("two load generators are needed");
  await ours.run(warmUpMilliseconds);
  await bare.run(warmUpMilliseconds);
  const rates = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, because what one leaves to be collected the next one pays for.
    const order = round % 2 === 0 ? (["ours", "bare"] as const) : (["bare", "ours"] as const);
    for (const name of order) {
      const generator = name === "ours" ? ours : bare;
      rates[name].push((await generator.run(roundMilliseconds)).requestsPerSecond);
    }
  }
  return rates;
}

function report(log: (line: string) => void, rates: Rates): Record<string, unknown> {
  const ratios = rates.ours.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN));
  const ours = median(rates.ours);
  const bare = median(rates.bare);
  log(
    `\nWebhook, signed pushes on workerd's own socket, ${connections} connections, medians of ${rounds} rounds`,
  );
  log(
    table([
      ["route", "requests/s", "of bare"],
      ["ours, the whole Worker", ours.toFixed(0), median(ratios).toFixed(3)],
      ["bare Hono route", bare.toFixed(0), "1"],
    ]),
  );
  return {
    ratioToBare: rounded(median(ratios)),
    requestsPerSecond: rounded(ours, 4),
    bareRequestsPerSecond: rounded(bare, 4),
  };
}
