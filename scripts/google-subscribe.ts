// `npm run google:subscribe`: the subscriber through which Google Health pushes to the Worker. It is made once, after the first
// deployment, and belongs to the project, not to a user. What it does is scripts/google/subscribe.ts.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { subscribe } from "./google/subscribe.ts";
import { SubscriberError } from "./google/subscriber-error.ts";

const usage = `npm run google:subscribe -- list | create | update | delete [options]

  list                     the project's subscribers
  create --id NAME         a new one, which pushes exercises of every user who consents to PUBLIC_URL/webhooks/google-health
  update --id NAME         address, data types and secret anew; with --secret the secret alone
  delete --id NAME         no more pushes; --force also deletes subscriptions that were made by hand

  --project NUMBER         the Cloud project's number, not its id; or GOOGLE_PROJECT_NUMBER
  --key FILE               JSON key of a service account of the project; or GOOGLE_APPLICATION_CREDENTIALS
  --secret-file FILE       holds what the Worker has as GOOGLE_WEBHOOK_SECRETS; or that variable. The first entry is sent
  --token-uri ADDRESS      in place of the key file's token_uri
  --dry-run                print what would be sent, without the secret, and send nothing

PUBLIC_URL is taken from the environment, and GOOGLE_HEALTH_API_URL where it is not Google's own. Deploy the Worker with the secret first: Google verifies the address at once.`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      project: { type: "string" },
      id: { type: "string" },
      key: { type: "string" },
      secret: { type: "boolean", default: false },
      "secret-file": { type: "string" },
      "token-uri": { type: "string" },
      force: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  if (positionals.length > 1) throw new SubscriberError(`One command at a time; --help shows them.`);
  await subscribe(
    {
      command: positionals[0],
      project: values.project,
      id: values.id,
      secretOnly: values.secret,
      secretFile: values["secret-file"],
      key: values.key,
      tokenUri: values["token-uri"],
      force: values.force,
      dryRun: values["dry-run"],
    },
    {
      environment: (name) => (process.env[name] === "" ? undefined : process.env[name]),
      readFile: (path) => readFileSync(path, "utf8"),
      print: (text) => console.log(text),
      now: () => Date.now(),
    },
  );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SubscriberError) && !(error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
