// The secrets of a deployment: those that come from the provider's application page, and those that nobody needs to choose,
// which are made here from random bytes. Values go to wrangler on its standard input, never onto a command line or a disk.

import { createHash, randomBytes } from "node:crypto";
import { apiScopes } from "../../src/kernel/configuration.ts";

/** Secrets that only the person who registered the application knows. */
export const askedSecrets = ["FITBIT_CLIENT_ID", "FITBIT_CLIENT_SECRET"] as const;
export type AskedSecret = (typeof askedSecrets)[number];

/** Secrets that are made, unless the environment gives one. */
export const madeSecrets = ["FITBIT_VERIFICATION_CODE", "API_KEYS", "TOKEN_KEYS", "SESSION_SECRET"] as const;
export type MadeSecret = (typeof madeSecrets)[number];

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
    default:
      return name satisfies never;
  }
}
