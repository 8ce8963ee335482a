// `npm start`: the Worker and the simulator of both providers on this machine, without an account and without a network, until
// Ctrl-C. With real credentials in .dev.vars the same command talks to the real providers. It writes nothing outside .wrangler/.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ProviderName, providerNames } from "../src/kernel/ids.ts";
import { HttpClient } from "./demo/http-client.ts";
import { startLocalStack } from "./local/local-stack.ts";
import { readPort, StartError } from "./local/ports.ts";
import { createSamplePerson, samplePersonName } from "./local/sample-person.ts";
import { StartStopped } from "./local/worker-process.ts";
import { chosenSettings, localApiKey, providersByDefault, realProvidersIn } from "./local-environment.ts";
import { projectDirectory } from "./wrangler.ts";

const usage = `npm start -- [--keep] [--verbose]

  --keep      go on with what the Worker stored last time; without it the Worker starts empty.
              The simulator's accounts live in memory and are new with every start.
  --verbose   show everything that wrangler prints

PORT (8787) and SIM_PORT (8788) choose the ports of the Worker and of the provider simulator; PROVIDERS, RETURN_ORIGINS,
BACKFILL_DAYS and SETTLE_MINUTES are settings of the Worker (docs/operations.md).`;

const sampleUserId = "sample-user";
const tickEveryMilliseconds = 15 * 60_000;

async function main(): Promise<number> {
  const options = readArguments();
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const stopping = new AbortController();
  const stopped = whenAskedToStop().then(() => stopping.abort());
  const port = readPort("PORT", 8787);
  const simulatorPort = readPort("SIM_PORT", 8788);
  if (port === simulatorPort)
    throw new StartError(`PORT and SIM_PORT are both ${port}: they need a port each.`);

  const developerVariables = join(projectDirectory, ".dev.vars");
  const realProviders = realProvidersIn(developerVariables);
  const isReal = realProviders.length > 0;
  if (!isReal && existsSync(developerVariables)) {
    console.log(
      ".dev.vars holds neither a GOOGLE_CLIENT_ID nor a FITBIT_CLIENT_ID of your own: both providers are simulated, and the file is not used.",
    );
  }

  const settings = chosenSettings(process.env);
  const stack = await startLocalStack({
    port,
    simulatorPort,
    // A state for each port: two Workers that share one would corrupt it.
    stateName: `start-${port}`,
    keep: options.keep,
    developerVariables: isReal ? developerVariables : null,
    settings,
    providers: isReal ? realProviders : "simulator",
    signal: stopping.signal,
    onLine: (line) => {
      if (options.verbose || line.kind !== "noise") console.log(line.text);
    },
  });
  if (stack.simulatorUrl !== null) await createSamplePerson(new HttpClient(stack.simulatorUrl), Date.now());
  const portalLink = await makePortalLink(stack.url);
  console.log(`ready ${stack.url}`);
  console.log(
    greeting({
      url: stack.url,
      simulatorUrl: stack.simulatorUrl,
      offered: offeredProviders(settings.PROVIDERS, realProviders),
      portalLink,
    }),
  );

  // Local workerd runs no cron. The sweep asks for what is due by its own clock, so an early tick costs nothing.
  const ticks = setInterval(() => void tick(stack.url), tickEveryMilliseconds);
  const reason = await Promise.race([stopped, stack.ended]);
  clearInterval(ticks);
  await stack.stop();
  if (typeof reason === "number") {
    console.error("The Worker ended by itself. `npm start -- --verbose` shows what wrangler has to say.");
    return reason === 0 ? 1 : reason;
  }
  return 0;
}

function readArguments(): { keep: boolean; verbose: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        keep: { type: "boolean", default: false },
        verbose: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

/** What the Worker offers to connect, its default first: what was asked for, or what there are credentials for, or both. */
function offeredProviders(
  asked: string | undefined,
  realProviders: readonly ProviderName[],
): readonly ProviderName[] {
  if (asked !== undefined) {
    const named = asked.split(",").map((name) => name.trim());
    return named.flatMap((name) => providerNames.filter((known) => known === name));
  }
  return realProviders.length > 0 ? realProviders : providersByDefault;
}

/** A link to the sample user's pages, or null: with an API key or a public address of one's own there is none to give away. */
async function makePortalLink(url: string): Promise<string | null> {
  const response = await fetch(`${url}/v1/portal-links`, {
    method: "POST",
    headers: { authorization: `Bearer ${localApiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ userId: sampleUserId }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) return null;
  const link = (await response.json()) as { url: string };
  return link.url.startsWith(`${url}/`) ? link.url : null;
}

interface Surroundings {
  readonly url: string;
  readonly simulatorUrl: string | null;
  readonly offered: readonly ProviderName[];
  readonly portalLink: string | null;
}

function greeting({ url, simulatorUrl, offered, portalLink }: Surroundings): string {
  const titles: Readonly<Record<ProviderName, string>> = {
    fitbit: "Fitbit",
    "google-health": "Google Health",
  };
  const buttons = offered.map((name) => `"Connect ${titles[name]}"`).join(" or ");
  const where =
    simulatorUrl === null
      ? `The provider is the real one, with the credentials of .dev.vars: ${offered.map((name) => titles[name]).join(" and ")}.`
      : `Google Health and Fitbit are simulated on ${simulatorUrl}: accounts are made up, consent pages are plain forms.`;
  return `
${where}

${portalLink === null ? "" : portal(url, portalLink, simulatorUrl !== null)}Connect   open ${url}/ and choose ${buttons}; or ask for a link as FitGlue does:
${offered.map((name) => linkCommand(url, name)).join("")}${simulatorUrl === null ? "" : recording(url, simulatorUrl)}Poll      curl -s '${url}/v1/activities' -H 'Authorization: Bearer ${localApiKey}'
Read      ${url}/docs

Ctrl-C ends everything.`;
}

/** The shortest way to see something: what a user sees, of a user who has connected nothing yet. */
function portal(url: string, link: string, isSimulated: boolean): string {
  const history = `          Connect an account there. "${samplePersonName}" has six workouts that wait for "Import history".
`;
  return `Portal    open ${link}
          as ${sampleUserId}: it works once, within 10 minutes. A button on ${url}/ opens it at any time.
${isSimulated ? history : ""}`;
}

function linkCommand(url: string, provider: ProviderName): string {
  return `          curl -s ${url}/v1/connect-links -H 'Authorization: Bearer ${localApiKey}' \\
            -H 'Content-Type: application/json' -d '{"userId":"${sampleUserId}","provider":"${provider}"}'
`;
}

/** The way from "connected" to an entry of the feed: the account of the consent page works out, and its watch syncs. */
function recording(url: string, simulatorUrl: string): string {
  return `Record    when connected: the account that was chosen, a run on its watch, and the watch's sync. Then poll.
          ACCOUNT=$(curl -s "${url}/v1/connections?userId=${sampleUserId}" -H 'Authorization: Bearer ${localApiKey}' \\
            | grep -o '"providerUserId":"[^"]*' | head -1 | cut -d'"' -f4)
          curl -s ${simulatorUrl}/sim/users/$ACCOUNT/activities -d '{"name":"Run","durationSeconds":1800,"gps":true}'
          curl -s -X POST ${simulatorUrl}/sim/users/$ACCOUNT/sync
`;
}

async function tick(url: string): Promise<void> {
  try {
    await fetch(`${url}/dev/tick`, { method: "POST", signal: AbortSignal.timeout(60_000) });
  } catch {
    // The next tick asks again; nothing depends on a single one.
  }
}

/** Resolves on Ctrl-C, on SIGTERM, and when the program that started us is gone. */
function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve());
    const parents = readParents();
    setInterval(() => {
      if (readParents().join() !== parents.join()) resolve();
    }, 500).unref();
  });
}

/**
 * Our parent and, where the system tells, its own: npm runs scripts through a shell that outlives a killed npm and forwards
 * no signal, so that the shell's change of parent is all that there is to see.
 */
function readParents(): number[] {
  try {
    const status = readFileSync(`/proc/${process.ppid}/stat`, "utf8");
    // "pid (name) state ppid …"; the name may hold anything, so the fields are counted from its closing bracket.
    return [process.ppid, Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1])];
  } catch {
    return [process.ppid];
  }
}

try {
  process.exit(await main());
} catch (error) {
  if (error instanceof StartStopped) process.exit(0);
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exit(1);
}
