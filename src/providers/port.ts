// The port: what this project needs of a provider, in words that are nobody's JSON. One adapter a provider implements it.
// Nothing outside an adapter's folder sees a provider's status code, header or field name.

import type { ActivityType } from "../kernel/activity-types.ts";
import type { ProviderName, ProviderUserId, SourceActivityId } from "../kernel/ids.ts";
import type { ProviderError } from "./errors.ts";

/** Every call answers with a value or one error of the closed set; an adapter never throws for what a provider says. */
export type ProviderResult<Value> =
  | { readonly ok: true; readonly value: Value; readonly rate: RateReading | null }
  | { readonly ok: false; readonly error: ProviderError; readonly rate: RateReading | null };

/** What the provider said of its call limit, with the answer that carried it. */
export interface RateReading {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds at which the provider's window rolls. */
  readonly resetsAt: number;
}

/** What a grant covers, in words that every provider's scopes map to. */
export const grantScopes = ["activity", "heartrate", "location", "profile", "settings"] as const;
export type GrantScope = (typeof grantScopes)[number];

export interface TokenSet {
  readonly accessToken: string;
  /** Null when the provider sent none: the stored one stays (Google). */
  readonly refreshToken: string | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly scopes: readonly GrantScope[];
}

/** What a refresh answers. `scopes` null: the answer did not say, so what was granted before stands (RFC 6749 §6). */
export type RefreshedTokenSet = Omit<TokenSet, "scopes"> & { readonly scopes: readonly GrantScope[] | null };

/** One exercise as the provider's list tells it, converted to SI units and absolute time at the adapter. */
export interface ActivitySummary {
  readonly sourceActivityId: SourceActivityId;
  /**
   * Orders what the provider knew: a lower version never overwrites a higher one. Fitbit: `lastModified`, Google: `updateTime`,
   * both as epoch milliseconds.
   */
  readonly version: number;
  readonly title: string;
  /** The provider's own type id as text, when it has one. */
  readonly providerTypeId: string | null;
  /** FitGlue's type, where the adapter's own table decides it; without it, the type id and the title do. */
  readonly activityType?: ActivityType;
  /** Epoch milliseconds. */
  readonly startTime: number;
  readonly utcOffsetSeconds: number;
  /** Wall clock, pauses included. */
  readonly elapsedSeconds: number;
  /** Without pauses. */
  readonly activeSeconds: number;
  readonly recordedBy: RecordedBy;
  readonly device: string | null;
  readonly distanceMeters: number | null;
  readonly distanceSource: "gps" | "steps" | "manual" | "unknown" | null;
  readonly calories: number | null;
  readonly steps: number | null;
  readonly elevationGainMeters: number | null;
  readonly averageHeartRate: number | null;
  readonly maxHeartRate: number | null;
  readonly heartRateZones: readonly HeartRateZone[];
  readonly activeZoneMinutes: number | null;
  /** Whether the provider, or the way it was recorded, makes a route likely (rule 11). */
  readonly gpsExpected: boolean;
  /** False where the provider says that nobody wore a sensor (a manual log). */
  readonly heartRateExpected: boolean;
  /**
   * The session has not ended, or its end is not final yet. Nothing of it is fetched or stored; it is listed again, at its
   * end at the earliest. Absent where the provider lists only what has ended (Fitbit).
   */
  readonly isUnderWay?: true;
  /**
   * The adapter's own word for what recorded it. Opaque to everybody else: it goes back with a request for heart rate, where
   * several sources may have measured the same second. Absent where the provider has one source only.
   */
  readonly recordedWith?: string;
  /** Of two records of one workout the one with the lower rank is kept. Absent is 0: the provider's own device. */
  readonly copyRank?: number;
}

/** How the log came to be. `tracker`: started on the watch; `phone`: the phone's GPS; `auto_detected`: recognised afterwards. */
export type RecordedBy = "tracker" | "phone" | "auto_detected" | "manual" | "other";

/** The bounds are absent where the provider tells the minutes alone. */
export interface HeartRateZone {
  readonly name: string;
  readonly minBpm?: number;
  readonly maxBpm?: number;
  readonly minutes: number;
}

/** A user's own bounds of one zone, under the name that the summary's zone has. */
export interface ZoneBounds {
  readonly name: string;
  readonly minBpm: number;
  readonly maxBpm: number;
}

export interface HeartRateSample {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly bpm: number;
}

/** How the samples' absolute time is known. `inferred`: the provider gave local time and the offset is the activity's own. */
export type TimeBasis = "utc" | "inferred";

export interface HeartRateAnswer {
  /** Sorted, unique by time, bpm 1 to 254. */
  readonly samples: readonly HeartRateSample[];
  readonly timeBasis: TimeBasis;
}

/** Why there is no TCX, or no heart rate, although the provider answered. */
export type MissingReason =
  | "no_gps"
  | "scope_not_granted"
  | "not_worn"
  | "provider_has_none"
  | "provider_refused"
  | "provider_error";

export interface TcxOptions {
  /** Ask for points without a position too, because heart rate is not to be had in another way. */
  readonly partial: boolean;
  /** The summary's. Where no route is expected, an adapter may ask for points without a position by itself. */
  readonly gpsExpected: boolean;
}

export type TcxAnswer =
  | {
      readonly kind: "document";
      readonly body: ReadableStream<Uint8Array>;
      readonly contentLength: number | null;
    }
  | { readonly kind: "missing"; readonly reason: MissingReason };

export type HeartRateResult =
  | ({ readonly kind: "samples" } & HeartRateAnswer)
  | { readonly kind: "missing"; readonly reason: MissingReason };

/** One page of heart rate. Pages may come in any order of time. */
export interface HeartRatePage {
  readonly result: HeartRateResult;
  /** Opaque; null on the last page. */
  readonly nextPage: string | null;
}

export interface ActivityPage {
  readonly activities: readonly ActivitySummary[];
  /** Entries that could not be read, with the reason: they never fail the page, and never count as deleted. */
  readonly unreadable: readonly {
    readonly sourceActivityId: SourceActivityId | null;
    readonly reason: string;
  }[];
  /** Opaque; null on the last page. */
  readonly nextPage: string | null;
}

/** Epoch milliseconds, inclusive start. An adapter may answer with more than was asked, never with less. */
export interface ListWindow {
  readonly start: number;
  readonly end: number;
}

/** What a heart-rate request needs to know beyond the window, to place local times when the provider gives them. */
export interface HeartRateRequest {
  readonly startTime: number;
  readonly endTime: number;
  /** The offset of the activity, or of the nearest one for a free window. */
  readonly utcOffsetSeconds: number;
  /**
   * The provider's own average over exactly this window, from the summary; null where there is none. Where an answer does
   * not say whether its times are UTC or local, it is what proves that local times belong to this activity.
   */
  readonly averageHeartRate: number | null;
  /** What an earlier answer of this provider proved; used where this answer allows both. Default `utc`. */
  readonly timeBasisWhenUnclear?: TimeBasis;
  /** The summary's `recordedWith`: the source to prefer where several have a sample of the same second. */
  readonly recordedWith?: string;
}

export interface Introspection {
  readonly active: boolean;
}

/** Identity that came with a grant. */
export interface Grant {
  readonly tokens: TokenSet;
  readonly providerUserId: ProviderUserId;
  /** The same person's account at another provider, as this one tells it: what a connection can be carried over from. */
  readonly formerAccount: FormerAccount | null;
}

export interface FormerAccount {
  readonly provider: ProviderName;
  readonly providerUserId: ProviderUserId;
}

/** What a call is made with: a token and the clock's reading. Aborted by `signal`, and by the adapter after 30 s. */
export interface CallContext {
  readonly accessToken: string;
  readonly now: number;
  readonly signal?: AbortSignal;
}

export interface Provider {
  readonly name: ProviderName;
  /** Scopes asked for at consent. */
  readonly requestedScopes: readonly GrantScope[];
  /** How far each routine list reaches back, because nothing can be asked for by modification time. */
  readonly listReachSeconds: number;
  /** Whether pages of a list begin with the earliest start or with the latest. */
  readonly listOrder: "ascending" | "descending";
  /**
   * `one`: a new grant for an account ends the refresh token before it, whoever holds that (Fitbit, documented). `many`: grants
   * live beside each other (Google, documented).
   */
  readonly refreshTokensPerAccount: "one" | "many";
  readonly budget: BudgetPolicy;

  authorizationUrl(request: { state: string; codeChallenge: string; redirectUri: string }): string;
  /** Trades a code for tokens and says whose they are. Spends no call of an account's budget that is known yet. */
  exchangeCode(request: {
    code: string;
    codeVerifier: string;
    redirectUri: string;
    now: number;
  }): Promise<ProviderResult<Grant>>;
  /** One attempt. `grant_revoked` is the provider's final word; the caller decides about repeating the identical request. */
  refresh(request: { refreshToken: string; now: number }): Promise<ProviderResult<RefreshedTokenSet>>;
  revoke(request: { token: string; signal?: AbortSignal }): Promise<ProviderResult<null>>;
  introspect(context: CallContext): Promise<ProviderResult<Introspection>>;
  /** Creates what makes pushes arrive for this account; doing it twice is no error. Answers the number of calls made. */
  subscribe(context: CallContext, connectionId: string): Promise<ProviderResult<{ calls: number }>>;
  unsubscribe(context: CallContext, connectionId: string): Promise<ProviderResult<{ calls: number }>>;
  listActivities(
    context: CallContext,
    window: ListWindow,
    page: string | null,
  ): Promise<ProviderResult<ActivityPage>>;
  /** `not_found` when the provider no longer has it. */
  getActivity(context: CallContext, id: SourceActivityId): Promise<ProviderResult<ActivitySummary>>;
  fetchTcx(
    context: CallContext,
    id: SourceActivityId,
    options: TcxOptions,
  ): Promise<ProviderResult<TcxAnswer>>;
  /** At most 24 h. One call a page. */
  fetchHeartRate(
    context: CallContext,
    request: HeartRateRequest,
    page: string | null,
  ): Promise<ProviderResult<HeartRatePage>>;
  /** The user's zone bounds on the activity's day; empty where there are none. Null where summaries carry the bounds. One call. */
  readonly fetchZoneBounds:
    | ((
        context: CallContext,
        request: { readonly startTime: number; readonly utcOffsetSeconds: number },
      ) => Promise<ProviderResult<readonly ZoneBounds[]>>)
    | null;
  /** The user's age in years; null as a value where they have not said it, null as a function where the provider does not tell. One call. */
  readonly fetchAge: ((context: CallContext) => Promise<ProviderResult<number | null>>) | null;
}

/** How many calls an account has, and how many of them background work must leave alone. */
export interface BudgetPolicy {
  readonly calls: number;
  readonly windowSeconds: number;
  readonly reserve: number;
  /** Added to the provider's reset, because it rolls slightly late. */
  readonly resetMarginSeconds: number;
}
