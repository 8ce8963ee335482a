// Everything the simulator remembers, in memory, in one place. Modules receive the state and change it; nothing is kept
// in a module's own variables, so two simulators in one process never meet.

import type { Clock } from "./clock.ts";
import type { FaultBook } from "./faults.ts";
import type { GoogleOptions, GoogleState } from "./google-health/state.ts";
import type { Json } from "./json.ts";
import type { HeartRateSample, WorkoutRecipe } from "./workout.ts";

export interface SimulatorOptions {
  /** The public address without a trailing slash: it stands in tcxLink, heartRateLink and pagination.next. */
  url: string;
  /** Ids, tokens and workouts follow from it. Default 1. */
  seed?: number;
  /** Default Date.now. */
  realNow?: () => number;
  /** How pushes and verification requests leave. Default the platform's fetch. */
  deliver?: (request: Request) => Promise<Response>;
  fitbit: FitbitOptions;
  /** Without it Google's paths are not there. */
  google?: GoogleOptions;
}

export type ProviderName = "fitbit" | "google-health";

export interface FitbitOptions {
  clientId: string;
  clientSecret: string;
  /** "server" authenticates with Basic, "client" with client_id in the body. Default "server". */
  applicationType?: "server" | "client";
  /** The subscriber's endpoint. */
  subscriberUrl: string;
  /** Exact match when given; else any address is taken. */
  redirectUris?: string[];
  /** What the subscriber must recognise. Default: made from the seed. */
  verificationCode?: string;
  /** Answer 411 when a POST carries no Content-Length. Off by default: requests in one process carry none. */
  requireContentLength?: boolean;
}

/** Knobs that are not faults: how the provider is, not what goes wrong. README.md says what is known about each. */
export interface Settings {
  deliveryTimeoutSeconds: number;
  /** Waits before each repetition of a push, in simulated seconds. */
  retryAfterSeconds: number[];
  /** Elements in one push. */
  batchSize: number;
  /** The subscriber is switched off after so many failed pushes in a row; 0: never. */
  disableAfterFailures: number;
  /** Push only to a subscriber that passed both verification requests. */
  requireVerification: boolean;
  requireContentLength: boolean;
  applicationType: "server" | "client";
  /** Whether the application may read intraday data. */
  intradayAccess: boolean;
  /** Whether includePartialTCX is served only with intraday access. */
  partialTcxNeedsIntraday: boolean;
  /** Whether a refresh ends the access tokens issued before. */
  oldAccessTokensDieOnRefresh: boolean;
  /** How long an identical refresh is answered identically. */
  refreshGraceSeconds: number;
  /** Whether using the new pair ends that grace. */
  refreshGraceEndsOnUse: boolean;
  requestsPerHour: number;
  /** The counters start again this long after the top of the hour. */
  hourResetDelaySeconds: number;
  subscriptionConflictBody: "subscription" | "error";
}

export interface Device {
  id: string;
  name: string;
  /** Without a GPS of its own it uses the phone's: positions are in the TCX though hasGps says false. */
  ownGps: boolean;
}

export interface RecordedFile {
  bytes: Uint8Array;
  heartRate: HeartRateSample[];
}

export interface RecordedActivity {
  /** Decimal digits: it exceeds 2^53. */
  logId: string;
  recipe: WorkoutRecipe;
  logType: "auto_detected" | "tracker" | "mobile_run" | "manual" | "fitstar";
  /** What the list says instead of what follows from device and recipe. */
  hasGps?: boolean;
  steps?: number;
  calories: number;
  elevationGainMeters?: number;
  poolLengthMeters?: number;
  original: { startTimeMs: number; durationSeconds: number; utcOffsetSeconds: number };
  lastModifiedMs: number;
  google: GoogleSide;
  /** When the device's sync brought it to the cloud; null while only the device has it. */
  visibleAtMs: number | null;
  /** The uploaded file that this activity is, if it is one. */
  file: RecordedFile | null;
}

/** What only Google tells of an activity. */
export interface GoogleSide {
  /** Decimal digits; never equal to the log id. */
  id: string;
  /** Anything but "FITBIT" came to Google in another way: Fitbit never heard of it. */
  platform: string;
  recordingMethod?: string;
  /** Sent word for word. */
  exerciseType?: string;
  displayName?: string;
  /** Not ended yet: its end is the clock. Fitbit lists what has ended. */
  inProgress: boolean;
  /** The log id of the activity that this is once more, from another platform: same wearer, same route. */
  copyOf: string | null;
}

/** One provider's account. A person with both has two, which share device and activities. */
export interface Account {
  providerUserId: string;
  provider: ProviderName;
  /** The Fitbit account of the same person, where Google knows of one. */
  legacyUserId: string | null;
  timezone: string;
  age: number;
  displayName: string;
  device: Device;
  /** Heart rate also outside workouts, every 5 to 15 s. */
  wornAllDay: boolean;
  createdAtMs: number;
  lastSyncAtMs: number | null;
  deleted: boolean;
  activities: Map<string, RecordedActivity>;
  /** Provider calls in one clock hour. */
  hour: { index: number; used: number };
  /** Provider calls in one clock minute. */
  minute: { index: number; used: number };
}

export interface AuthorizationCode {
  code: string;
  providerUserId: string;
  scopes: string[];
  redirectUri: string | null;
  challenge: { value: string; method: "plain" | "S256" } | null;
  expiresAtMs: number;
  used: boolean;
}

export interface AccessToken {
  token: string;
  providerUserId: string;
  scopes: string[];
  issuedAtMs: number;
  expiresAtMs: number;
  revoked: boolean;
  used: boolean;
}

export interface RefreshToken {
  token: string;
  providerUserId: string;
  scopes: string[];
  issuedAtMs: number;
  state: "live" | "spent" | "dead";
  spentAtMs: number;
  /** The pair that this token was exchanged for. */
  successor: { accessToken: string; refreshToken: string; answer: string } | null;
}

export interface Subscription {
  providerUserId: string;
  /** "user" stands for all collections (observed). */
  collectionType: string;
  subscriptionId: string;
  subscriberId: string;
}

export interface Call {
  at: string;
  method: string;
  path: string;
  /** 0: the connection was dropped without an answer. */
  status: number;
  providerUserId: string | null;
}

/** One element of a push, in its provider's own shape, and whose account it is about. */
export interface Notification {
  providerUserId: string;
  element: { readonly [key: string]: Json | undefined };
}

export interface QueuedPush {
  provider: ProviderName;
  /** The subscriber's name, where a provider has several. */
  subscriber: string | null;
  notifications: Notification[];
  /** 1 for the first attempt. */
  attempt: number;
  dueAtMs: number;
  firstDueAtMs: number;
  /** Faults hit a push once, not each repetition of it. */
  faultsDone: boolean;
}

export interface Delivery {
  provider: ProviderName;
  at: string;
  attempt: number;
  url: string;
  notifications: Notification["element"][];
  body: string;
  signature: string;
  /** Null when no answer came. */
  status: number | null;
  error: string | null;
}

export interface State {
  options: SimulatorOptions;
  seed: number;
  clock: Clock;
  faults: FaultBook;
  settings: Settings;
  deliver: (request: Request) => Promise<Response>;
  counter: number;
  lastLogId: bigint;
  lastGoogleId: bigint;
  accounts: Map<string, Account>;
  codes: Map<string, AuthorizationCode>;
  accessTokens: Map<string, AccessToken>;
  refreshTokens: Map<string, RefreshToken>;
  subscriptions: Subscription[];
  subscriber: { verified: boolean; enabled: boolean; failuresInARow: number; verificationCode: string };
  queue: QueuedPush[];
  deliveries: Delivery[];
  calls: Call[];
  /** Null when the Google side is off. */
  google: GoogleState | null;
}

/** A number that no other call of this simulator has got. */
export function nextNumber(state: State): number {
  state.counter += 1;
  return state.counter;
}

/** The account, of either provider, unless it does not exist or was deleted. */
export function accountOf(state: State, providerUserId: string): Account | undefined {
  const account = state.accounts.get(providerUserId);
  return account && !account.deleted ? account : undefined;
}

/** The account, unless it does not exist, was deleted or is another provider's. */
export function accountAt(state: State, provider: ProviderName, providerUserId: string): Account | undefined {
  const account = accountOf(state, providerUserId);
  return account?.provider === provider ? account : undefined;
}

/** The accounts of the same person, this one first. */
export function accountsOfPerson(state: State, account: Account): Account[] {
  const others = [...state.accounts.values()].filter(
    (one) => one !== account && !one.deleted && one.activities === account.activities,
  );
  return [account, ...others];
}
