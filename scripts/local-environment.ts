// The values that stand in for secrets on a developer's own machine, and the variables that point the Worker
// at the simulator. They are public: the Worker refuses every one of these secrets unless PUBLIC_URL is http on loopback
// (src/kernel/example-secrets.ts holds the list that it refuses). Nothing here is used in a deployment.

import { exampleSecretValues } from "../src/kernel/example-secrets.ts";

/** The API key that the local Worker accepts, with every scope. */
export const localApiKey = "local-development-key";

/** Secrets of the local Worker, by binding name. */
export const exampleSecrets: Record<string, string> = { ...exampleSecretValues };

/** Variables of the local Worker, by binding name. */
export function localVariables(addresses: { publicUrl: string; simulatorUrl: string }): Record<string, string> {
  return {
    PUBLIC_URL: addresses.publicUrl,
    PROVIDERS: "fitbit",
    RETURN_ORIGINS: "http://127.0.0.1:3000",
    BACKFILL_DAYS: "0",
    SETTLE_MINUTES: "15",
    FITBIT_API_URL: addresses.simulatorUrl,
    FITBIT_AUTHORIZE_URL: `${addresses.simulatorUrl}/oauth2/authorize`,
    SIMULATOR_URL: addresses.simulatorUrl,
  };
}
