// The secrets of a deployment: those that come from the providers' application pages, and those that nobody needs to choose,
// which are made here from random bytes. Values go to wrangler on its standard input, never onto a command line or a disk.

import { createHash, randomBytes } from "node:crypto";
import { apiScopes } from "../../src/kernel/configuration.ts";
import type { ProviderName } from "../../src/kernel/ids.ts";

/** Secrets that only the person who registered the application knows, by its provider. */
const askedOf = {
  "google-health": ["GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"],
  fitbit: ["FITBIT_CLIENT_ID", "FITBIT_CLIENT_SECRET"],
} as const satisfies Readonly<Record<ProviderName, readonly string[]>>;
export type AskedSecret = (typeof askedOf)[ProviderName][number];

/** What we and a provider agree on for its pushes. */
const agreedWith = {
  "google-health": "GOOGLE_WEBHOOK_SECRETS",
  fitbit: "FITBIT_VERIFICATION_CODE",
} as const satisfies Readonly<Record<ProviderName, string>>;
const ourOwn = ["API_KEYS", "TOKEN_KEYS", "SESSION_SECRET"] as const;
export type MadeSecret = (typeof agreedWith)[ProviderName] | (typeof ourOwn)[number];

/** Secrets that a deployment which offers these providers has to be told. */
export function askedSecrets(providers: readonly ProviderName[]): AskedSecret[] {
  return providers.flatMap((provider) => askedOf[provider]);
}

/** Secrets of such a deployment that are made, unless the environment gives one. */
export function madeSecrets(providers: readonly ProviderName[]): MadeSecret[] {
  return [...providers.map((provider) => agreedWith[provider]), ...ourOwn];
}

export interface MadeValue {
  readonly value: string;
  /** What must be shown to the person once, because only a hash of it is kept or the provider asks for it. */
  readonly show: string | null;
}

/** Makes a secret from random bytes. */
export function makeSecret(name: MadeSecret): MadeValue {
  switch (name) {
    case "API_KEYS": {
      const key = randomBytes(32).toString("base64url");
      const sha256 = createHash("sha256").update(key).digest("hex");
      return { value: JSON.stringify([{ name: "first", sha256, scopes: apiScopes }]), show: key };
    }
    case "TOKEN_KEYS":
      return {
        value: JSON.stringify([
          { id: `k${Date.now().toString(36)}`, key: randomBytes(32).toString("base64") },
        ]),
        show: null,
      };
    case "SESSION_SECRET":
      return { value: randomBytes(48).toString("base64url"), show: null };
    case "FITBIT_VERIFICATION_CODE": {
      const code = randomBytes(32).toString("hex");
      return { value: code, show: code };
    }
    case "GOOGLE_WEBHOOK_SECRETS": {
      // Google insists on a scheme in it (documented).
      const secret = `Bearer ${randomBytes(32).toString("base64url")}`;
      return { value: secret, show: secret };
    }
    default:
      return name satisfies never;
  }
}
