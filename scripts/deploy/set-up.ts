// Makes what a deployment needs, in an order in which every step may be repeated: what is there already is left alone, so a
// run that broke off is simply run again. Effects come in as functions; the test runs it against a wrangler of its own.

import type { ProviderName } from "../../src/kernel/ids.ts";
import { askedSecrets, type MadeSecret, madeSecrets, makeSecret } from "./secrets.ts";
import { type NamedResources, readResources, writeResources } from "./settings-file.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
}

export interface SetUpEffects {
  /** Runs `wrangler <args>`, with `input` on its standard input. */
  run(args: readonly string[], input?: string): Promise<CommandResult>;
  readSettings(): string;
  writeSettings(toml: string): void;
  /** Asks the person; null when nobody is there to answer. */
  ask(question: string, options: { hidden: boolean }): Promise<string | null>;
  environment(name: string): string | undefined;
  print(text: string): void;
}

export interface SetUpOptions {
  /** Print the commands and run none. */
  readonly dryRun: boolean;
  /** The person has agreed already. */
  readonly agreed: boolean;
}

/** A reason to end, as a sentence for people. */
export class SetUpError extends Error {
  override readonly name = "SetUpError";
}

/**
 * Runs the whole set-up.
 * @throws SetUpError when a step fails, an answer is missing, or the person says no. Running it again goes on.
 */
export async function setUp(options: SetUpOptions, effects: SetUpEffects): Promise<void> {
  const resources = readResources(effects.readSettings());
  effects.print(describePlan(resources, plannedCommands(effects.readSettings())));
  if (options.dryRun) return;
  if (!options.agreed) {
    const answer = await effects.ask("\nGo ahead? [y/N] ", { hidden: false });
    if (answer === null)
      throw new SetUpError("Nobody is there to agree: say --yes to go ahead without being asked.");
    if (!/^y(es)?$/i.test(answer.trim())) throw new SetUpError("Nothing was changed.");
  }

  await must(effects, ["whoami"], "wrangler is not logged in: run `npx wrangler login` first.");
  const publicUrl = await askPublicUrl(resources.publicUrl, effects);
  const databaseId = await makeDatabase(resources.databaseName, effects);
  effects.writeSettings(writeResources(effects.readSettings(), { databaseId, publicUrl }));
  effects.print(`database      ${resources.databaseName}, its id is in wrangler.toml`);

  await make(effects, ["r2", "bucket", "create", resources.bucketName], "bucket");
  for (const queue of resources.queueNames) await make(effects, ["queues", "create", queue], "queue");
  await must(
    effects,
    ["d1", "migrations", "apply", resources.databaseName, "--remote"],
    "The migrations failed.",
  );
  effects.print("migrations    applied");

  const shown = await makeSecrets(resources.providers, effects);
  effects.print(closingWords(publicUrl, resources.providers, shown));
}

/** Every command that a first run gives, in order; `deploy:setup --dry-run` prints them. */
export function plannedCommands(toml: string): string[][] {
  const resources = readResources(toml);
  return [
    ["whoami"],
    ["d1", "create", resources.databaseName],
    ["d1", "list", "--json"],
    ["r2", "bucket", "create", resources.bucketName],
    ...resources.queueNames.map((queue) => ["queues", "create", queue]),
    ["d1", "migrations", "apply", resources.databaseName, "--remote"],
    ["secret", "list", "--format", "json"],
    ["secret", "bulk"],
  ];
}

function describePlan(
  { workerName, providers }: NamedResources,
  commands: readonly (readonly string[])[],
): string {
  const secrets = [...askedSecrets(providers), ...madeSecrets(providers)];
  return `This makes what the Worker "${workerName}" needs on Cloudflare. What exists is left as it is.

${commands.map((command) => `  wrangler ${command.join(" ")}`).join("\n")}

It writes the database's id and PUBLIC_URL into wrangler.toml. Secrets (those of PROVIDERS there, ${providers.join(" and ")}:
${secrets.join(", ")})
go to the last command's standard input; those of them that are not asked for are made from random bytes.`;
}

async function askPublicUrl(current: string, effects: SetUpEffects): Promise<string> {
  const given = effects.environment("PUBLIC_URL");
  const isExample = new URL(current).hostname.split(".").includes("example");
  const answer =
    given ??
    (isExample
      ? await effects.ask("Public address of the Worker (https://…): ", { hidden: false })
      : current);
  if (answer === null || answer.trim() === "") {
    throw new SetUpError("PUBLIC_URL is missing: give the Worker's public https address in the environment.");
  }
  const url = URL.canParse(answer.trim()) ? new URL(answer.trim()) : null;
  if (url?.protocol !== "https:")
    throw new SetUpError(`PUBLIC_URL is "${answer}", which is not an https address.`);
  return url.origin;
}

async function makeDatabase(name: string, effects: SetUpEffects): Promise<string> {
  const existing = await findDatabase(name, effects);
  if (existing !== null) return existing;
  await must(effects, ["d1", "create", name], `The database ${name} could not be made.`);
  const made = await findDatabase(name, effects);
  if (made === null)
    throw new SetUpError(`The database ${name} was made, but \`wrangler d1 list\` does not show it.`);
  return made;
}

async function findDatabase(name: string, effects: SetUpEffects): Promise<string | null> {
  const { output } = await must(effects, ["d1", "list", "--json"], "The databases could not be listed.");
  for (const entry of parseArray(output)) {
    if (typeof entry !== "object" || entry === null || !("name" in entry) || entry.name !== name) continue;
    if ("uuid" in entry && typeof entry.uuid === "string") return entry.uuid;
  }
  return null;
}

/** Creates a resource whose name is its identity: that it exists already is success. */
async function make(effects: SetUpEffects, command: readonly string[], kind: string): Promise<void> {
  const name = command.at(-1) ?? "";
  const result = await effects.run(command);
  if (result.exitCode === 0) effects.print(`${kind.padEnd(14)}${name}`);
  else if (/already (exists|taken|own)|is already taken|you own/i.test(result.output)) {
    effects.print(`${kind.padEnd(14)}${name} (was there)`);
  } else throw new SetUpError(`The ${kind} ${name} could not be made:\n${result.output}`);
}

/** Puts every secret that the Worker does not have yet. Answers what must be shown once. */
async function makeSecrets(
  providers: readonly ProviderName[],
  effects: SetUpEffects,
): Promise<ReadonlyMap<MadeSecret, string>> {
  // A Worker that was never deployed has no secrets, and listing them fails.
  const listed = await effects.run(["secret", "list", "--format", "json"]);
  const present = new Set(
    (listed.exitCode === 0 ? parseArray(listed.output) : []).map((entry) =>
      typeof entry === "object" && entry !== null && "name" in entry ? entry.name : null,
    ),
  );
  const values: Record<string, string> = {};
  const shown = new Map<MadeSecret, string>();
  for (const name of askedSecrets(providers)) {
    if (present.has(name)) continue;
    const value = effects.environment(name) ?? (await effects.ask(`${name}: `, { hidden: true }));
    if (value === null || value.trim() === "") {
      throw new SetUpError(
        `${name} is missing: give it in the environment, or run this at a terminal. A provider that you have no application at is taken out of PROVIDERS in wrangler.toml.`,
      );
    }
    values[name] = value.trim();
  }
  for (const name of madeSecrets(providers)) {
    if (present.has(name)) continue;
    const given = effects.environment(name);
    const made = given === undefined ? makeSecret(name) : { value: given, show: null };
    values[name] = made.value;
    if (made.show !== null) shown.set(name, made.show);
  }
  const names = Object.keys(values);
  if (names.length === 0) {
    effects.print("secrets       all there");
    return shown;
  }
  const result = await effects.run(["secret", "bulk"], JSON.stringify(values));
  if (result.exitCode !== 0) throw new SetUpError(`The secrets could not be put:\n${result.output}`);
  effects.print(`secrets       ${names.join(", ")}`);
  return shown;
}

function closingWords(
  publicUrl: string,
  providers: readonly ProviderName[],
  shown: ReadonlyMap<MadeSecret, string>,
): string {
  const key = shown.get("API_KEYS");
  return [
    ...(key === undefined ? [] : [`FitGlue's API key, shown once and stored only as a hash:\n  ${key}`]),
    ...providers.map((provider) =>
      provider === "fitbit" ? wordsForFitbit(publicUrl, shown) : wordsForGoogle(publicUrl, shown),
    ),
    "Next: npm run deploy",
  ]
    .map((paragraph) => `\n${paragraph}`)
    .join("\n");
}

function wordsForFitbit(publicUrl: string, shown: ReadonlyMap<MadeSecret, string>): string {
  const code = shown.get("FITBIT_VERIFICATION_CODE");
  return `At Fitbit's application page:
  redirect URL   ${publicUrl}/oauth/fitbit/callback
  subscriber     ${publicUrl}/webhooks/fitbit${code === undefined ? "" : `\n  verify code    ${code}`}`;
}

/** Google verifies the subscriber's address while it is made, so that comes after the deployment. */
function wordsForGoogle(publicUrl: string, shown: ReadonlyMap<MadeSecret, string>): string {
  const secret = shown.get("GOOGLE_WEBHOOK_SECRETS");
  return `At the OAuth client of the Google Cloud project:
  redirect URI   ${publicUrl}/oauth/google-health/callback
After the deployment, \`npm run google:subscribe -- create\` (docs/operations.md) with
  subscriber     ${publicUrl}/webhooks/google-health${
    secret === undefined ? "" : `\n  secret         ${secret}   (shown once; GOOGLE_WEBHOOK_SECRETS)`
  }`;
}

async function must(
  effects: SetUpEffects,
  command: readonly string[],
  sentence: string,
): Promise<CommandResult> {
  const result = await effects.run(command);
  if (result.exitCode !== 0) throw new SetUpError(`${sentence}\n${result.output}`);
  return result;
}

/** The JSON array in a command's output; wrangler may print a line around it. */
function parseArray(output: string): unknown[] {
  const start = output.indexOf("[");
  const end = output.lastIndexOf("]");
  try {
    const value: unknown = JSON.parse(output.slice(start, end + 1));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
