// The figures that others set for us, once: how often a user's account may be asked, how far back a list has to reach, in which order
// it comes, how many grants live beside each other. Everything that counts or waits takes them from the adapter.

import { expect, it } from "vitest";
import { createFitbitProvider } from "../../../src/providers/fitbit/fitbit.ts";
import { createGoogleHealthProvider } from "../../../src/providers/google-health/google-health.ts";

const client = { clientId: "client", clientSecret: "secret" };
const here = "http://127.0.0.1:9";
const hour = 3600;

it("Fitbit: 150 calls an hour, a week back, the earliest first, one refresh token for an account", () => {
  const fitbit = createFitbitProvider({ apiUrl: here, authorizeUrl: `${here}/authorize`, ...client });
  expect(fitbit).toMatchObject({
    budget: { calls: 150, windowSeconds: hour },
    listReachSeconds: 7 * 24 * hour,
    listOrder: "ascending",
    refreshTokensPerAccount: "one",
  });
});

it("Google Health: 300 calls a minute, 48 hours back, the latest first, grants beside each other", () => {
  const google = createGoogleHealthProvider({ apiUrl: here, oauthUrl: here, ...client });
  expect(google).toMatchObject({
    budget: { calls: 300, windowSeconds: 60 },
    listReachSeconds: 48 * hour,
    listOrder: "descending",
    refreshTokensPerAccount: "many",
  });
});
