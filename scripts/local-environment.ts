// The values that stand in for secrets on a developer's own machine, and the variables that point the Worker
// at the simulator. They are public: the Worker refuses every one of these secrets unless PUBLIC_URL is http on loopback
// (src/kernel/example-secrets.ts holds the list that it refuses). Nothing here is used in a deployment.

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { exampleSecretValues } from "../src/kernel/example-secrets.ts";
import type { ProviderName } from "../src/kernel/ids.ts";
import { StartError } from "./local/ports.ts";

/** The API key that the local Worker accepts, with every scope. */
export const localApiKey = "local-development-key";

/** Secrets of the local Worker, by binding name. */
export const exampleSecrets: { readonly [Name in keyof typeof exampleSecretValues]: string } = {
  ...exampleSecretValues,
};

/** What is offered where nobody chooses, the default of a connect link first. */
export const providersByDefault: readonly ProviderName[] = ["google-health", "fitbit"];

/** An application under development is opened by either name of this machine. */
const localReturnOrigins = "http://127.0.0.1:3000,http://localhost:3000";

/** Settings that whoever starts the local Worker may choose in the environment, as in `BACKFILL_DAYS=30 npm start`. */
const choosableSettings = [
  "PROVIDERS",
  "RETURN_ORIGINS",
  "BACKFILL_DAYS",
  "SETTLE_MINUTES",
  "MAP_TILE_URL",
  "MAP_TILE_ATTRIBUTION",
] as const;

/**
 * The settings that the environment chooses, by binding name; an empty one chooses nothing. The Worker itself says which
 * values are not valid.
 * @throws StartError for a value that cannot be written into a file of variables.
 */
export function chosenSettings(environment: NodeJS.Dict<string>): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of choosableSettings) {
    const value = environment[name]?.trim() ?? "";
    if (/['\r\n]/.test(value)) throw new StartError(`${name} holds a quote or a line break.`);
    if (value !== "") chosen[name] = value;
  }
  return chosen;
}

/** Variables of the local Worker beside the simulator, by binding name. */
export function localVariables(addresses: {
  publicUrl: string;
  simulatorUrl: string;
}): Record<string, string> {
  return {
    PUBLIC_URL: addresses.publicUrl,
    PROVIDERS: providersByDefault.join(","),
    RETURN_ORIGINS: localReturnOrigins,
    BACKFILL_DAYS: "0",
    SETTLE_MINUTES: "15",
    FITBIT_API_URL: addresses.simulatorUrl,
    FITBIT_AUTHORIZE_URL: `${addresses.simulatorUrl}/oauth2/authorize`,
    GOOGLE_HEALTH_API_URL: addresses.simulatorUrl,
    GOOGLE_OAUTH_URL: addresses.simulatorUrl,
    GOOGLE_HEALTH_KEYSET_URL: `${addresses.simulatorUrl}/googlehealthapi/webhooks/webhooks_public_keyset.json`,
    SIMULATOR_URL: addresses.simulatorUrl,
  };
}

/**
 * Variables of a local Worker that talks to the real providers, whose addresses stand in wrangler.toml. It offers those that
 * its developer has credentials for: the published ones open nothing at a real provider.
 */
export function realProviderVariables(options: {
  publicUrl: string;
  providers: readonly ProviderName[];
}): Record<string, string> {
  return {
    PUBLIC_URL: options.publicUrl,
    PROVIDERS: options.providers.join(","),
    RETURN_ORIGINS: localReturnOrigins,
  };
}

const clientIds = { "google-health": "GOOGLE_CLIENT_ID", fitbit: "FITBIT_CLIENT_ID" } as const satisfies {
  readonly [Name in ProviderName]: keyof typeof exampleSecretValues;
};

/**
 * The providers that a developer's `.dev.vars` has an application at: its client id is not the published example. None
 * means that the simulator stands in for both; with one, the real ones are used, and that one alone is offered.
 * @param path the file; one that does not exist asks for nothing.
 */
export function realProvidersIn(path: string): readonly ProviderName[] {
  const values = readVariables(path);
  return providersByDefault.filter((provider) => {
    const name = clientIds[provider];
    const clientId = values?.[name]?.trim() ?? "";
    return clientId !== "" && clientId !== exampleSecretValues[name];
  });
}

function readVariables(path: string): NodeJS.Dict<string> | null {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
