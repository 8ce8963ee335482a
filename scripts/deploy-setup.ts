// `npm run deploy:setup`: makes every Cloudflare resource that wrangler.toml names, the secrets and the remote tables, and
// asks before it does. Afterwards `npm run deploy` deploys. It can be run again at any time; it never replaces a secret.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { parseArgs } from "node:util";
import { SetUpError, setUp } from "./deploy/set-up.ts";
import { projectDirectory, runWrangler } from "./wrangler.ts";

const usage = `npm run deploy:setup -- [--dry-run] [--yes]

  --dry-run   print the commands and run none
  --yes       go ahead without asking

PROVIDERS in wrangler.toml says which providers are offered, and so which of the FITBIT_ and GOOGLE_ secrets are needed.
PUBLIC_URL and the client ids and secrets are taken from the environment or asked for. FITBIT_VERIFICATION_CODE,
GOOGLE_WEBHOOK_SECRETS, API_KEYS, TOKEN_KEYS and SESSION_SECRET are made, unless the environment gives them.`;

const settingsFile = join(projectDirectory, "wrangler.toml");

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  await setUp(
    { dryRun: values["dry-run"], agreed: values.yes },
    {
      run: async (args, input) => {
        const result = await runWrangler(args, {
          ...(input === undefined ? {} : { input }),
          environment: args[0] === "d1" && args[1] === "migrations" ? { CI: "true" } : {},
        });
        return { exitCode: result.exitCode, output: `${result.stdout}${result.stderr}` };
      },
      readSettings: () => readFileSync(settingsFile, "utf8"),
      writeSettings: (toml) => writeFileSync(settingsFile, toml),
      ask,
      environment: (name) => (process.env[name] === "" ? undefined : process.env[name]),
      print: (text) => console.log(text),
    },
  );
}

/** Asks at the terminal; what is typed for a secret is not shown. */
async function ask(question: string, options: { hidden: boolean }): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  process.stdout.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: options.hidden ? silent : process.stdout,
    terminal: true,
  });
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    if (options.hidden) process.stdout.write("\n");
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetUpError) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
