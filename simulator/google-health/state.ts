// What the Google side remembers beside the people and their workouts: grants, tokens, subscribers, signing keys.
// Fitbit's tokens are in another place, so that neither provider ever takes the other's.

import type { AuthorizationCode, State } from "../state.ts";
import { defaultGoogleSettings, type GoogleSettings } from "./settings.ts";

export interface GoogleOptions {
  clientId: string;
  clientSecret: string;
  /** Exact match when given; else any address is taken. */
  redirectUris?: string[];
  /** The Cloud project's number. Default 1234567890. */
  projectNumber?: string;
  /** With `webhookSecret`: a subscriber to `exercise` is there from the start, verified. */
  subscriberUrl?: string;
  /** What pushes carry as `Authorization`, scheme included. */
  webhookSecret?: string;
  /** Who may get a project token; without it any service account may, and no signature is checked. */
  serviceAccount?: { clientEmail: string; publicKeyPem: string };
}

export interface GoogleCode extends AuthorizationCode {
  /** Whether the exchange hands out a refresh token. */
  offline: boolean;
}

export interface GoogleAccessToken {
  token: string;
  /** Null: a project's token. */
  providerUserId: string | null;
  scopes: string[];
  expiresAtMs: number;
  revoked: boolean;
}

export interface GoogleRefreshToken {
  token: string;
  providerUserId: string;
  scopes: string[];
  lastUsedAtMs: number;
  /** Null: no end but by disuse. */
  expiresAtMs: number | null;
  dead: boolean;
}

/** One that passed the handshake: any other is not kept, and none is switched off later. */
export interface Subscriber {
  id: string;
  endpointUri: string;
  secret: string;
  configs: { dataTypes: string[]; subscriptionCreatePolicy: "AUTOMATIC" | "MANUAL" }[];
  createTimeMs: number;
  updateTimeMs: number;
}

export interface GoogleState {
  options: GoogleOptions;
  settings: GoogleSettings;
  codes: Map<string, GoogleCode>;
  accessTokens: Map<string, GoogleAccessToken>;
  refreshTokens: Map<string, GoogleRefreshToken>;
  /** What each account consents to, all its tokens together. */
  grants: Map<string, Set<string>>;
  subscribers: Map<string, Subscriber>;
  /** How often the signing key was exchanged, and which older keys are still in the set. */
  keys: { generation: number; enabled: number[]; disabled: number[] };
}

/** The simulator with its Google side on. */
export type GoogleSimulator = State & { google: GoogleState };

/** Whether the Google side is on. */
export function hasGoogle(state: State): state is GoogleSimulator {
  return state.google !== null;
}

export const presetSubscriberId = "preset";

export function projectNumberOf(google: GoogleState): string {
  return google.options.projectNumber ?? "1234567890";
}

/** Nobody has consented, and the only subscriber is the one that the options name. */
export function emptyGoogleState(options: GoogleOptions, nowMs: number): GoogleState {
  const { subscriberUrl, webhookSecret } = options;
  const subscribers = new Map<string, Subscriber>();
  if (subscriberUrl !== undefined && webhookSecret !== undefined) {
    subscribers.set(presetSubscriberId, {
      id: presetSubscriberId,
      endpointUri: subscriberUrl,
      secret: webhookSecret,
      configs: [{ dataTypes: ["exercise"], subscriptionCreatePolicy: "AUTOMATIC" }],
      createTimeMs: nowMs,
      updateTimeMs: nowMs,
    });
  }
  return {
    options,
    settings: { ...defaultGoogleSettings },
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    grants: new Map(),
    subscribers,
    keys: { generation: 0, enabled: [], disabled: [] },
  };
}
