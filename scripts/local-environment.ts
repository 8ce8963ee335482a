// The values that stand in for secrets on a developer's own machine, and the variables that point the Worker
// at the simulator. They are public: the Worker refuses every one of these secrets unless PUBLIC_URL is http on loopback
// (src/kernel/example-secrets.ts holds the list that it refuses). Nothing here is used in a deployment.

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { exampleSecretValues } from "../src/kernel/example-secrets.ts";
import { StartError } from "./local/ports.ts";

/** The API key that the local Worker accepts, with every scope. */
export const localApiKey = "local-development-key";

/** Secrets of the local Worker, by binding name. */
export const exampleSecrets: { readonly [Name in keyof typeof exampleSecretValues]: string } = {
  ...exampleSecretValues,
};

/** An application under development is opened by either name of this machine. */
const localReturnOrigins = "http://127.0.0.1:3000,http://localhost:3000";

/** Settings that whoever starts the local Worker may choose in the environment, as in `BACKFILL_DAYS=30 npm start`. */
const choosableSettings = ["RETURN_ORIGINS", "BACKFILL_DAYS", "SETTLE_MINUTES"] as const;

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
    PROVIDERS: "google-health,fitbit",
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

/** Variables of a local Worker that talks to the real providers, whose addresses stand in wrangler.toml. */
export function realProviderVariables(addresses: { publicUrl: string }): Record<string, string> {
  return { PUBLIC_URL: addresses.publicUrl, RETURN_ORIGINS: localReturnOrigins };
}

/**
 * Whether a developer's `.dev.vars` asks for the real providers: it holds a client id that is not the published example.
 * @param path the file; one that does not exist asks for nothing.
 */
export function asksForRealProviders(path: string): boolean {
  const values = readVariables(path);
  const clientId = values?.FITBIT_CLIENT_ID ?? "";
  return clientId !== "" && clientId !== exampleSecretValues.FITBIT_CLIENT_ID;
}

function readVariables(path: string): NodeJS.Dict<string> | null {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
