// Tokens of one account: single-flight refresh that survives a lost answer, a crash and a failing database (rule 5).
// The encrypted pair is durable in the object before anybody gets the access token, then it goes to D1, the store of record.
// It never decides what becomes of the connection: it says `halted`, and the object acts.

import { databaseFor } from "../../db/databases.ts";
import type { Configuration } from "../../kernel/configuration.ts";
import { decrypt, encrypt } from "../../kernel/encryption.ts";
import type { ConnectionId } from "../../kernel/ids.ts";
import { describeException, log } from "../../kernel/log.ts";
import type { ProviderError } from "../../providers/errors.ts";
import type { Provider, TokenSet } from "../../providers/port.ts";
import { providerFor } from "../../providers/registry.ts";
import type { AccountLink } from "./account-protocol.ts";
import {
  type AccountState,
  type HaltReason,
  needsRefresh,
  nextRefreshAttempt,
  type StoredTokens,
} from "./account-state.ts";
import { readTokens, writeTokens } from "./link-rows.ts";

export type TokenOutcome =
  | { readonly status: "token"; readonly accessToken: string }
  | { readonly status: "later"; readonly at: number }
  | { readonly status: "halted"; readonly reason: HaltReason };

/** How long to wait for a key that the ring lacks. */
const keyMissingMilliseconds = 15 * 60_000;

interface StateAccess {
  read(): AccountState;
  write(change: Partial<AccountState>): void;
  /** Resolves when what was written is durable. */
  flush(): Promise<void>;
}

export class TokenKeeper {
  readonly #env: Env;
  readonly #configuration: Configuration;
  readonly #state: StateAccess;
  #refreshing: Promise<TokenOutcome> | null = null;

  constructor(env: Env, configuration: Configuration, state: StateAccess) {
    this.#env = env;
    this.#configuration = configuration;
    this.#state = state;
  }

  /** An access token that outlives a lease. */
  async get(now: number): Promise<TokenOutcome> {
    const { tokens, link } = this.#state.read();
    if (link === null) return { status: "halted", reason: "needs_reauthorization" };
    if (tokens?.pending === true) await this.#persist(link, tokens);
    if (tokens === null || needsRefresh(tokens, now)) return await this.#refreshOnce(now);
    const opened = await this.open();
    return opened === null ? this.#unopened(now) : { status: "token", accessToken: opened.accessToken };
  }

  /** A token in place of one that the provider refused; if somebody has replaced it already, that one. */
  async replace(rejectedToken: string, now: number): Promise<TokenOutcome> {
    const opened = await this.open();
    if (opened !== null && opened.accessToken !== rejectedToken) {
      return { status: "token", accessToken: opened.accessToken };
    }
    return await this.#refreshOnce(now);
  }

  /** Takes in a pair that came from elsewhere (a reconnect). */
  async adopt(tokens: TokenSet, link: AccountLink, now: number): Promise<void> {
    await this.#keep(tokens, link, now);
  }

  /** The pair in clear, or null when there is none or no key opens it. */
  async open(): Promise<TokenSet | null> {
    const { tokens, link } = this.#state.read();
    if (tokens === null || link === null) return null;
    return await this.unseal(link.connectionId, tokens.sealed);
  }

  /** A sealed pair of a connection in clear, or null when no key opens it. */
  async unseal(connectionId: ConnectionId, sealed: string): Promise<TokenSet | null> {
    const plaintext = await decrypt(this.#configuration.tokenKeys, connectionId, sealed);
    return plaintext === null ? null : (JSON.parse(plaintext) as TokenSet);
  }

  /**
   * No pair at all needs its user. A pair that no key opens needs an operator: a deployment that lacks a key must not
   * disconnect everybody, so it waits until the key is back.
   */
  #unopened(now: number): TokenOutcome {
    const { tokens, link } = this.#state.read();
    if (tokens === null || link === null) return { status: "halted", reason: "needs_reauthorization" };
    log("error", "token.key_missing", { connectionId: link.connectionId });
    return { status: "later", at: now + keyMissingMilliseconds };
  }

  #refreshOnce(now: number): Promise<TokenOutcome> {
    this.#refreshing ??= this.#refresh(now).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(now: number): Promise<TokenOutcome> {
    const state = this.#state.read();
    const link = state.link;
    const current = await this.open();
    if (link === null) return { status: "halted", reason: "needs_reauthorization" };
    if (current === null) return this.#unopened(now);
    if (current.refreshToken === null) return { status: "halted", reason: "needs_reauthorization" };
    if (state.refresh !== null && state.refresh.nextAt > now)
      return { status: "later", at: state.refresh.nextAt };

    const underWay = {
      since: state.refresh?.since ?? now,
      attempts: (state.refresh?.attempts ?? 0) + 1,
      // Should this object die now, the next attempt is the first of the lost-answer schedule.
      nextAt: now + 5_000,
    };
    this.#state.write({ refresh: underWay });
    await this.#state.flush();

    const provider = providerFor(this.#configuration, link.provider);
    const result = await provider.refresh({ refreshToken: current.refreshToken, now });
    const isReplaced = () => this.#state.read().tokens?.sealed !== state.tokens?.sealed;
    if (isReplaced()) {
      if (result.ok && this.#state.read().link === null) await this.#endUnwanted(provider, result.value);
      return this.#replaced(now);
    }
    if (result.ok) {
      const tokens: TokenSet = {
        ...result.value,
        refreshToken: result.value.refreshToken ?? current.refreshToken,
        scopes: result.value.scopes ?? current.scopes,
      };
      await this.#keep(tokens, link, now);
      return { status: "token", accessToken: tokens.accessToken };
    }
    log("warn", "token.refresh_failed", {
      connectionId: link.connectionId,
      code: result.error.code,
      attempts: underWay.attempts,
    });
    const outcome = await this.#afterFailure(result.error, underWay, link, now);
    return outcome.status === "halted" && isReplaced() ? this.#replaced(now) : outcome;
  }

  /**
   * While the provider was asked, the pair gave way to another (a reconnect) or to none (a disconnect). What it answers to
   * the old one says nothing about the new: a refusal does not end it, and a fresh pair of the old does not displace it.
   */
  #replaced(now: number): TokenOutcome {
    return this.#state.read().link === null
      ? { status: "halted", reason: "needs_reauthorization" }
      : { status: "later", at: now };
  }

  /** A pair that arrived after its user disconnected: nobody keeps it, and the provider is told once. */
  async #endUnwanted(
    provider: Provider,
    tokens: Pick<TokenSet, "accessToken" | "refreshToken">,
  ): Promise<void> {
    const ended = await provider.revoke({ token: tokens.refreshToken ?? tokens.accessToken });
    log("info", "token.unwanted", { code: ended.ok ? "revoked" : ended.error.code });
  }

  async #afterFailure(
    error: ProviderError,
    underWay: NonNullable<AccountState["refresh"]>,
    link: AccountLink,
    now: number,
  ): Promise<TokenOutcome> {
    const tryAgain = (outcome: "answer_lost" | "conflict" | "unavailable"): TokenOutcome => {
      const next = nextRefreshAttempt(underWay, outcome, now);
      this.#state.write({ refresh: next });
      return { status: "later", at: next.nextAt };
    };
    switch (error.code) {
      case "grant_revoked": {
        // Final, unless D1 knows a newer pair than this object (its storage was restored from an older state).
        const stored = await readTokens(databaseFor(this.#env, link.userId), link);
        const known = this.#state.read().tokens?.version ?? 0;
        if (stored === null || stored.version <= known)
          return { status: "halted", reason: "needs_reauthorization" };
        this.#state.write({ tokens: stored, refresh: null });
        return { status: "later", at: now };
      }
      case "provider_gone":
        return { status: "halted", reason: "provider_gone" };
      case "provider_unavailable":
        if (error.conflict === true) return tryAgain("conflict");
        return tryAgain(error.answerLost ? "answer_lost" : "unavailable");
      case "rate_limited": {
        this.#state.write({ refresh: { ...underWay, nextAt: error.retryAt } });
        return { status: "later", at: error.retryAt };
      }
      case "bad_response":
        // A cut answer may hold the only copy of the new pair at the other end: the identical request brings it back.
        return tryAgain("answer_lost");
      case "unauthorized":
      case "scope_missing":
      case "not_found":
      case "account_not_linked":
      case "misconfigured":
        return tryAgain("unavailable");
      default:
        return error satisfies never;
    }
  }

  /** Durable here first, then in D1; a database that fails leaves the pair pending, and pending wins. */
  async #keep(tokens: TokenSet, link: AccountLink, now: number): Promise<void> {
    const sealed = await encrypt(this.#configuration.tokenKeys, link.connectionId, JSON.stringify(tokens));
    const version = Math.max((this.#state.read().tokens?.version ?? 0) + 1, now);
    const stored: StoredTokens = { sealed, expiresAt: tokens.expiresAt, version, pending: true };
    this.#state.write({ tokens: stored, refresh: null });
    await this.#state.flush();
    await this.#persist(link, stored, tokens.scopes);
  }

  async #persist(link: AccountLink, stored: StoredTokens, scopes?: TokenSet["scopes"]): Promise<void> {
    try {
      await writeTokens(databaseFor(this.#env, link.userId), link, stored, scopes);
      if (this.#state.read().tokens?.version === stored.version) {
        this.#state.write({ tokens: { ...stored, pending: false } });
      }
    } catch (exception) {
      log("error", "token.persist_failed", {
        connectionId: link.connectionId,
        ...describeException(exception),
      });
    }
  }
}
