// The secrets that this repository publishes so that it runs offline. A Worker on a public address refuses each of them
// (configuration.ts): a deployment that kept one would be open to everybody who has read this file.

/** Example value of each secret, by binding name. */
export const exampleSecretValues = {
  FITBIT_CLIENT_ID: "LOCAL1",
  FITBIT_CLIENT_SECRET: "local-fitbit-client-secret",
  FITBIT_VERIFICATION_CODE: "local-fitbit-verification-code",
  GOOGLE_CLIENT_ID: "local-google-client",
  GOOGLE_CLIENT_SECRET: "local-google-client-secret",
  GOOGLE_WEBHOOK_SECRETS: "Bearer local-google-webhook-secret",
  // One key with every scope; the key itself is `local-development-key`.
  API_KEYS: JSON.stringify([
    {
      name: "local",
      sha256: "4c88089bdf15cb0dffde5c179461a2f99fa7cfb0bed250a8d87f8aa1d80eaa11",
      scopes: ["read", "connect", "erase", "operate"],
    },
  ]),
  TOKEN_KEYS: JSON.stringify([{ id: "local-1", key: "jajDsXGh4wYd0ijd6aR+Prfjr+4mD6ZW3T5WglyG0AM=" }]),
  SESSION_SECRET: "local-session-secret-of-at-least-32-characters",
} as const;
