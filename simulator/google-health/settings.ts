// Knobs of the Google side: how the provider is where nobody knows, not what goes wrong. README.md says what is known.

import { z } from "zod";

const settings = z.strictObject({
  requestsPerMinute: z.int().min(0),
  /** Whether a 429 carries Retry-After. */
  retryAfter: z.boolean(),
  /** What TCX export answers for a session without route unless partialData asks for points: 404, or 200 with nothing. */
  tcxWithoutGps: z.enum(["404", "empty"]),
  /** Answer `{"tcxData": …}` even with alt=media. */
  tcxEnvelope: z.boolean(),
  /** An OAuth client in testing: refresh tokens say that they live 604799 s, and do. */
  testingMode: z.boolean(),
  /** What signs a push: the header's name since July 2026, or the one before. */
  signatureHeader: z.enum(["GOOGLE-HEALTH-API-SIGNATURE", "X-HEALTHAPI-SIGNATURE"]),
  /** A push is one object, as in the documentation, instead of an array. */
  singleObjectBody: z.boolean(),
  batchSize: z.int().min(1).max(99),
  heartRateDefaultPageSize: z.int().min(1).max(10_000),
  /** Pages of heart rate have the default size whatever is asked for. */
  heartRatePageSizeIgnored: z.boolean(),
  /** A last page that is full carries a token, and the page after it is `{}`. */
  emptyLastPage: z.boolean(),
  /** What creating or changing a subscriber answers: proto and documentation differ. */
  subscriberAnswer: z.enum(["operation", "subscriber"]),
  /** The first wait before a push is repeated; each further one is twice as long. */
  retryFirstSeconds: z.number().positive(),
  retryLongestSeconds: z.number().positive(),
  /** Whether the application's own POST /revoke is followed by DELETE pushes, as a user's withdrawal is. */
  revokeEndpointPushes: z.boolean(),
});

export const googleSettingsSchema = settings.partial();

export type GoogleSettings = z.infer<typeof settings>;

export const defaultGoogleSettings: GoogleSettings = {
  requestsPerMinute: 300,
  retryAfter: false,
  tcxWithoutGps: "404",
  tcxEnvelope: false,
  testingMode: false,
  signatureHeader: "GOOGLE-HEALTH-API-SIGNATURE",
  singleObjectBody: false,
  batchSize: 99,
  heartRateDefaultPageSize: 50,
  heartRatePageSizeIgnored: false,
  emptyLastPage: false,
  subscriberAnswer: "operation",
  retryFirstSeconds: 60,
  retryLongestSeconds: 21_600,
  revokeEndpointPushes: false,
};
