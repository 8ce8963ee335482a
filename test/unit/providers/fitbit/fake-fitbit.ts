// Stands in for Fitbit at the level of fetch: each test says what one request is answered with and looks at what was sent.
// The simulator has its own suite (against-simulator.test.ts); this is for answers that no service would give twice.

import { asId, type SourceActivityId } from "../../../../src/kernel/ids.ts";
import { createFitbitProvider } from "../../../../src/providers/fitbit/fitbit.ts";
import type { CallContext } from "../../../../src/providers/port.ts";

export const apiUrl = "http://127.0.0.1:9";
export const now = Date.parse("2026-03-10T12:20:00Z");
export const context: CallContext = { accessToken: "token-of-the-user", now };

export const fitbit = createFitbitProvider({
  apiUrl,
  authorizeUrl: "https://www.fitbit.com/oauth2/authorize",
  clientId: "23TEST",
  clientSecret: "secret-of-the-application",
  timeoutMilliseconds: 200,
});

export const activityId = (text: string) => asId<SourceActivityId>(text);

export { always, answering, reply, type SentRequest } from "../fake-fetch.ts";

/** An error in Fitbit's own shape; its text holds a secret, as the real ones do. */
export const fitbitError = (errorType: string) => ({
  errors: [
    { errorType, fieldName: "n/a", message: "Something invalid: SECRET-TOKEN. Visit the documentation." },
  ],
  success: false,
});
