// What `google:subscribe` is told, by options, environment and files, and whether it can be right. Each reader throws a sentence
// for the person at the terminal. A secret comes from the environment or a file, never from the command line, which others see.

import { exampleSecretValues } from "../../src/kernel/example-secrets.ts";
import { isSafeAddress } from "./http.ts";
import { readServiceAccount, type ServiceAccount } from "./service-account.ts";
import { SubscriberError } from "./subscriber-error.ts";
import type { Project } from "./subscribers.ts";

/** What was typed, as it was typed. */
export interface SubscribeOptions {
  readonly command: string | undefined;
  readonly project: string | undefined;
  readonly id: string | undefined;
  /** `update`: the secret alone. */
  readonly secretOnly: boolean;
  readonly secretFile: string | undefined;
  readonly key: string | undefined;
  readonly tokenUri: string | undefined;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface SubscribeEffects {
  environment(name: string): string | undefined;
  /** Reads a file; throws when it cannot. */
  readFile(path: string): string;
  print(text: string): void;
  /** Epoch milliseconds. */
  now(): number;
}

const webhookPath = "/webhooks/google-health";
const defaultApiUrl = "https://health.googleapis.com";

/** The project, by its number. */
export function readProject(options: SubscribeOptions, effects: SubscribeEffects): Project {
  const number = options.project ?? effects.environment("GOOGLE_PROJECT_NUMBER");
  if (number === undefined) {
    throw new SubscriberError(
      "The project's number is missing: give it with --project or in GOOGLE_PROJECT_NUMBER.",
    );
  }
  // Google answers a project id with 400 "Invalid project number in resource name" (reference §6.1, observed).
  if (!/^[1-9]\d{0,19}$/.test(number)) {
    throw new SubscriberError(
      `"${number}" is not a project number. Google wants the number here, not the id: \`gcloud projects describe ID --format="value(projectNumber)"\` prints it.`,
    );
  }
  const apiUrl = effects.environment("GOOGLE_HEALTH_API_URL") ?? defaultApiUrl;
  if (!isSafeAddress(apiUrl)) throw new SubscriberError("GOOGLE_HEALTH_API_URL is not an https address.");
  return { apiUrl: new URL(apiUrl).href.replace(/\/$/, ""), number };
}

/** The subscriber's id. */
export function readId(id: string | undefined): string {
  if (id !== undefined && /^[a-z][a-z0-9-]{2,34}[a-z0-9]$/.test(id)) return id;
  throw new SubscriberError(
    "--id is the subscriber's name, which you choose: 4 to 36 small letters, digits and hyphens, the first a letter, the last no hyphen.",
  );
}

/** Where pushes go. */
export function readEndpoint(effects: SubscribeEffects): string {
  const publicUrl = effects.environment("PUBLIC_URL");
  if (publicUrl === undefined) {
    throw new SubscriberError(
      "PUBLIC_URL is missing: give the Worker's public https address in the environment.",
    );
  }
  if (!isSafeAddress(publicUrl))
    throw new SubscriberError(`PUBLIC_URL is "${publicUrl}", which is not an https address.`);
  return `${new URL(publicUrl).origin}${webhookPath}`;
}

/** The first entry of the Worker's own setting: the one that takes the other's place while there are two. */
export function readSecret(options: SubscribeOptions, effects: SubscribeEffects, endpoint: string): string {
  const setting =
    options.secretFile === undefined
      ? effects.environment("GOOGLE_WEBHOOK_SECRETS")
      : read(effects, options.secretFile, "secret file");
  const secret = setting?.split(",")[0]?.trim() ?? "";
  if (secret === "") {
    throw new SubscriberError(
      "The webhook's secret is missing: give what the Worker has, in GOOGLE_WEBHOOK_SECRETS or in a file with --secret-file.",
    );
  }
  // The same rule as the Worker's own configuration has; Google refuses a secret without its scheme (documented).
  if (!/^(Bearer|Basic) [\x21-\x7e]{16,}$/.test(secret)) {
    throw new SubscriberError(
      "The webhook's secret is not `Bearer ` or `Basic ` and at least 16 characters.",
    );
  }
  const isPublic = new URL(endpoint).protocol === "https:";
  if (isPublic && secret === exampleSecretValues.GOOGLE_WEBHOOK_SECRETS) {
    throw new SubscriberError(
      "The webhook's secret is the example that the repository publishes: make one of your own.",
    );
  }
  return secret;
}

/** Who asks: the service account, with --token-uri in place of its own. */
export function readAccount(options: SubscribeOptions, effects: SubscribeEffects): ServiceAccount {
  const path = options.key ?? effects.environment("GOOGLE_APPLICATION_CREDENTIALS");
  if (path === undefined) {
    throw new SubscriberError(
      "The service account's key file is missing: give its path with --key or in GOOGLE_APPLICATION_CREDENTIALS.",
    );
  }
  const account = readServiceAccount(read(effects, path, "key file"));
  if (options.tokenUri === undefined) return account;
  if (!isSafeAddress(options.tokenUri)) throw new SubscriberError("--token-uri is not an https address.");
  return { ...account, tokenUri: options.tokenUri };
}

function read(effects: SubscribeEffects, path: string, what: string): string {
  try {
    return effects.readFile(path);
  } catch {
    throw new SubscriberError(`The ${what} ${path} cannot be read.`);
  }
}
