// A simulated Fitbit Web API and Google Health API with their control API, as one fetch handler on state in memory. It needs nothing but web
// standards, so it runs in Node behind a socket, inside workerd beside the Worker under test, or as a Worker of its own.
// It keeps no timer and leaves no work behind: when an answer is given, everything it caused has been awaited.

import { Hono } from "hono";
import { providerCall } from "./calls.ts";
import { createClock } from "./clock.ts";
import { controlApi } from "./control.ts";
import { createFaultBook } from "./faults.ts";
import { fitbitProvider } from "./fitbit/provider.ts";
import { isGooglePath } from "./google-health/api.ts";
import { googleProvider } from "./google-health/provider.ts";
import { emptyGoogleState } from "./google-health/state.ts";
import type { Providers } from "./provider.ts";
import { hash, text } from "./random.ts";
import type { SimulatorOptions, State } from "./state.ts";
import { welcomePage } from "./welcome.ts";

export type { SimulatorOptions } from "./state.ts";

export interface Simulator {
  /** Answers provider calls and control calls. Rejects with a TypeError where a fault drops the connection. */
  fetch(request: Request): Promise<Response>;
  /** The simulated time in epoch milliseconds. */
  now(): number;
}

/** Makes a simulator with no accounts. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const state = emptyState({ ...options, url: options.url.replace(/\/$/, "") });
  const providers: Providers = { fitbit: fitbitProvider(state), "google-health": googleProvider(state) };
  const control = controlApi(state, providers, () => Object.assign(state, emptyState(state.options)));
  /** Both providers' own paths on one port: they do not clash. */
  const edgeOf = (request: Request) =>
    providers[state.google && isGooglePath(new URL(request.url).pathname) ? "google-health" : "fitbit"].edge;

  const app = new Hono();
  app.get("/", () => welcomePage(state));
  app.all("/sim/*", (context) => control.fetch(context.req.raw));
  app.all("*", (context) => providerCall(state, edgeOf(context.req.raw), context.req.raw));
  // A dropped connection must reach whoever hosts the simulator, not become an answer.
  app.onError((error) => {
    throw error;
  });
  return {
    fetch: async (request) => app.fetch(request),
    now: () => state.clock.now(),
  };
}

function emptyState(options: SimulatorOptions): State {
  const seed = options.seed ?? 1;
  const { fitbit } = options;
  return {
    options,
    seed,
    clock: createClock(options.realNow ?? Date.now),
    faults: createFaultBook(),
    settings: {
      deliveryTimeoutSeconds: 5,
      retryAfterSeconds: [60, 300, 1800, 7200],
      batchSize: 100,
      disableAfterFailures: 0,
      requireVerification: false,
      requireContentLength: fitbit.requireContentLength ?? false,
      applicationType: fitbit.applicationType ?? "server",
      intradayAccess: true,
      partialTcxNeedsIntraday: false,
      oldAccessTokensDieOnRefresh: false,
      refreshGraceSeconds: 120,
      refreshGraceEndsOnUse: true,
      requestsPerHour: 150,
      hourResetDelaySeconds: 0,
      subscriptionConflictBody: "subscription",
    },
    deliver: options.deliver ?? ((request) => fetch(request)),
    counter: 0,
    // 19 digits, beyond 2^53 and below 2^63.
    lastLogId: 6_100_000_000_000_000_000n + BigInt(hash(seed, "first log")) * 100_000n,
    lastGoogleId: 4_093_000_000_000_000_000n + BigInt(hash(seed, "first google id")) * 100_000n,
    accounts: new Map(),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    subscriptions: [],
    subscriber: {
      verified: false,
      enabled: true,
      failuresInARow: 0,
      verificationCode: fitbit.verificationCode ?? text("0123456789abcdef", 64, seed, "verification"),
    },
    queue: [],
    deliveries: [],
    calls: [],
    google: options.google ? emptyGoogleState(options.google, (options.realNow ?? Date.now)()) : null,
  };
}
