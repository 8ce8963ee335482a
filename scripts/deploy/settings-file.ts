// wrangler.toml as text: which resources it names, and the two values that a deployment writes into it. Only whole lines that
// are already there are changed, so that comments and order stay as a person left them.

import { type ProviderName, providerNames } from "../../src/kernel/ids.ts";

export interface NamedResources {
  readonly workerName: string;
  readonly databaseName: string;
  /** `placeholder` until a database has been made. */
  readonly databaseId: string;
  readonly bucketName: string;
  /** Every queue that is produced to, consumed or left dead letters in. */
  readonly queueNames: readonly string[];
  readonly publicUrl: string;
  /** `PROVIDERS`: which secrets a deployment needs. */
  readonly providers: readonly ProviderName[];
}

export const placeholderDatabaseId = "00000000-0000-0000-0000-000000000000";

/**
 * Reads the names out of wrangler.toml.
 * @throws Error that names the setting which is missing or unknown.
 */
export function readResources(toml: string): NamedResources {
  const one = (name: string): string => {
    const value = new RegExp(`^${name} = "([^"]*)"`, "m").exec(toml)?.[1];
    if (value === undefined) throw new Error(`wrangler.toml has no line \`${name} = "…"\`.`);
    return value;
  };
  const queues = [...toml.matchAll(/^(?:queue|dead_letter_queue) = "([^"]*)"/gm)].map(
    (match) => match[1] ?? "",
  );
  return {
    workerName: one("name"),
    databaseName: one("database_name"),
    databaseId: one("database_id"),
    bucketName: one("bucket_name"),
    queueNames: [...new Set(queues)].sort(),
    publicUrl: one("PUBLIC_URL"),
    providers: readProviders(one("PROVIDERS")),
  };
}

function readProviders(value: string): ProviderName[] {
  const named = value.split(",").map((name) => name.trim());
  const providers = named.flatMap((name) => providerNames.filter((known) => known === name));
  if (providers.length === named.length) return providers;
  throw new Error(`wrangler.toml's PROVIDERS names something else than ${providerNames.join(" and ")}.`);
}

/** The same text with the deployment's database and address. */
export function writeResources(toml: string, values: { databaseId: string; publicUrl: string }): string {
  return toml
    .replace(/^database_id = "[^"]*"/m, `database_id = "${values.databaseId}"`)
    .replace(/^PUBLIC_URL = "[^"]*"/m, `PUBLIC_URL = "${values.publicUrl}"`);
}
