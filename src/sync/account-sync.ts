// The Durable Object of one account: who may sync now, with which token, with how many calls, and what is due when.
// It waits for nothing but a token refresh and a row of D1, so it stays cheap; it never lists, downloads or decodes.
// Its name is `provider:providerUserId`, so a webhook finds it without a database look-up.

import { DurableObject } from "cloudflare:workers";
import { allDatabases } from "../db/databases.ts";
import { readClock } from "../kernel/clock.ts";
import { type Configuration, requireConfiguration } from "../kernel/configuration.ts";
import { type AccountName, asId } from "../kernel/ids.ts";
import { describeException, log } from "../kernel/log.ts";
import type { BudgetPolicy, TokenSet } from "../providers/port.ts";
import { providerFor } from "../providers/registry.ts";
import type {
  BeginRequest,
  BeginResult,
  BudgetReading,
  CallPermit,
  CallPriority,
  CallReport,
  DueEntry,
  EndRequest,
  EndResult,
  ExtendResult,
  Lease,
  LinkRequest,
  LinkResult,
  RenewResult,
  UnlinkRequest,
  UnlinkResult,
} from "./account-protocol.ts";
import { type AccountState, emptyState, type HaltReason, type HeldLease, StateRow } from "./account-state.ts";
import { readBudget, reserveCalls, settleCalls } from "./budget.ts";
import { DueTable, dueKey, leaseKey } from "./due-table.ts";
import { findHolder, haltConnection, linkConnection, unlinkConnection } from "./link-rows.ts";
import { syncMessage, type Work } from "./messages.ts";
import { TokenKeeper, type TokenOutcome } from "./token-keeper.ts";

/** How long a holder is believed to be alive without a word. */
export const leaseMilliseconds = 120_000;
/** How long work waits at a time while a withdrawal of consent is neither confirmed nor refuted. */
const revocationPauseMilliseconds = 15 * 60_000;
/** A sweep has nothing to do for an account whose list was read this recently. */
const sweepQuietMilliseconds = 20 * 3_600_000;

export class AccountSync extends DurableObject<Env> {
  readonly #row: StateRow;
  readonly #due: DueTable;
  readonly #tokens: TokenKeeper;
  readonly #configuration: Configuration;
  #state: AccountState | null;
  /** Simulated minus real time, from the last caller; alarms ring in real time. */
  #clockOffset = 0;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#configuration = requireConfiguration(env);
    this.#row = new StateRow(context.storage.sql);
    this.#due = new DueTable(context.storage.sql);
    this.#state = this.#row.read();
    this.#tokens = new TokenKeeper(env, this.#configuration, {
      read: () => this.#current(),
      write: (change) => this.#write(change),
      flush: () => context.storage.sync(),
    });
  }

  /** Makes, or takes up again, the connection of a user to this account, with the tokens that were just granted. */
  async link(request: LinkRequest): Promise<LinkResult> {
    this.#seeClock(request.now);
    const state = await this.#load();
    if (state.link !== null && state.link.userId !== request.userId) {
      // Only one refresh token lives per account: the holder's has just died, so the holder gets the new pair (Fitbit, documented).
      await this.#tokens.adopt(request.tokens, state.link, request.now);
      this.#write({
        halted: null,
        refresh: null,
        link: { ...state.link, grantedScopes: request.tokens.scopes },
      });
      await this.#save();
      return { status: "held" };
    }
    const fence = Math.max(request.now, state.fence + 1);
    const linked = await linkConnection(this.env, this.#configuration, request, fence);
    this.#write({
      link: linked.link,
      fence,
      lease: null,
      dirtySince: null,
      refresh: null,
      halted: null,
      tokens: linked.tokens,
    });
    this.#due.drop(leaseKey);
    await this.#save();
    return { status: "linked", connectionId: linked.link.connectionId, isNew: linked.isNew };
  }

  /** Asks for the lease. Everything up to the token is decided without waiting, so of many at once one gets it. */
  async begin(request: BeginRequest): Promise<BeginResult> {
    this.#seeClock(request.now);
    const { work, now } = request;
    const state = await this.#load();
    if (state.link === null) return { status: "unknown_account" };
    if (state.halted === "revocation_pending") {
      // Nothing is given up while it is unknown whether consent was withdrawn; it only waits.
      const until = now + revocationPauseMilliseconds;
      await this.#wait(work, until);
      return { status: "waiting", until };
    }
    if (state.halted !== null) return { status: "halted", reason: state.halted };
    if (isOld(request, state)) return { status: "nothing_due" };
    if (request.receivedAt !== null) {
      this.#write({ notifiedAt: Math.max(state.notifiedAt ?? 0, request.receivedAt) });
    }

    const held = state.lease !== null && state.lease.deadline > now ? state.lease : null;
    const handedOver = held !== null && work.kind === "sync" && work.handoff === held.fence;
    if (held !== null && !handedOver) {
      this.#rememberForLater(work, request.receivedAt, held, now);
      await this.#save();
      return { status: "busy" };
    }
    if (state.lease !== null && !handedOver) this.#buryHolder(state.lease, now);

    const reserved = reserveCalls(
      this.#current().budget,
      this.#policy(),
      priorityOf(work),
      firstCalls(work),
      now,
    );
    if (reserved.granted === 0) {
      this.#write({ budget: reserved.state });
      await this.#wait(work, reserved.until);
      return { status: "waiting", until: reserved.until };
    }
    const fence = Math.max(now, state.fence + 1);
    const lease: HeldLease = {
      fence,
      deadline: now + leaseMilliseconds,
      work: recoveryOf(work),
      granted: reserved.granted,
    };
    this.#write({ fence, lease, budget: reserved.state });
    this.#due.set(leaseKey, { at: lease.deadline, work: lease.work });
    await this.#save();

    const token = await this.#tokens.get(now);
    if (token.status === "token")
      return { status: "leased", lease: this.#leaseFor(lease, token.accessToken) };
    return await this.#giveUp(lease, work, token, now);
  }

  /** Moves the deadline on and hands out more calls. `lost` means: stop, somebody else works now. */
  async extend(request: {
    fence: number;
    report: CallReport;
    calls: number;
    priority: CallPriority;
    now: number;
  }): Promise<ExtendResult> {
    this.#seeClock(request.now);
    const state = await this.#load();
    const lease = state.lease;
    if (lease === null || lease.fence !== request.fence || lease.deadline <= request.now)
      return { status: "lost" };
    const settled = settleCalls(state.budget, this.#policy(), lease.granted, request.report, request.now);
    const reserved = reserveCalls(settled, this.#policy(), request.priority, request.calls, request.now);
    const next: HeldLease = {
      ...lease,
      granted: reserved.granted,
      deadline: request.now + leaseMilliseconds,
    };
    this.#write({ budget: reserved.state, lease: next });
    this.#due.set(leaseKey, { at: next.deadline, work: next.work });
    await this.#save();
    if (reserved.granted === 0) return { status: "no_budget", until: reserved.until };
    return { status: "extended", calls: reserved.granted, deadline: next.deadline };
  }

  /** A look found something and leaves the lease to the sync message that it has sent; the unspent calls go back. */
  async handOver(request: {
    fence: number;
    report: CallReport;
    now: number;
  }): Promise<{ status: "ok" | "lost" }> {
    const extended = await this.extend({ ...request, calls: 0, priority: "fresh" });
    return { status: extended.status === "lost" ? "lost" : "ok" };
  }

  /** Another token, because the provider refused the one that was lent. */
  async renew(request: { rejectedToken: string; now: number }): Promise<RenewResult> {
    this.#seeClock(request.now);
    const state = await this.#load();
    if (state.link === null) return { status: "lost" };
    if (state.halted !== null && state.halted !== "revocation_pending") {
      return { status: "halted", reason: state.halted };
    }
    const token = await this.#tokens.replace(request.rejectedToken, request.now);
    await this.#save();
    switch (token.status) {
      case "token":
        return { status: "renewed", accessToken: token.accessToken };
      case "halted":
        await this.#halt(token.reason, request.now);
        return { status: "halted", reason: token.reason };
      case "later":
        return { status: "waiting", until: token.at };
      default:
        return token satisfies never;
    }
  }

  /** Gives the lease back, or keeps it for another round if something arrived that the list may have missed. */
  async end(request: EndRequest): Promise<EndResult> {
    this.#seeClock(request.now);
    const state = await this.#load();
    const lease = state.lease;
    if (lease === null || lease.fence !== request.fence) return { status: "lost" };
    const { now } = request;
    const budget = settleCalls(state.budget, this.#policy(), lease.granted, request.report, now);
    const listedAt = Math.max(state.listedAt, request.listedAt ?? 0);
    const missed = state.dirtySince !== null && state.dirtySince > listedAt;
    this.#write({
      budget,
      listedAt,
      dirtySince: missed ? state.dirtySince : null,
      lease: { ...lease, granted: 0 },
    });
    if (request.listedAt !== null) {
      this.#due.drop("look");
      this.#due.drop("sync");
    }
    for (const key of request.drop) this.#due.drop(key);
    for (const entry of request.due) this.#due.set(dueKey(entry.work), entry);

    if (missed && request.mayRepeat) {
      const again = await this.#goRoundAgain(now);
      if (again !== null) return { status: "again", lease: again };
    }
    if (missed) {
      this.#due.setEarliest("look", { at: now, work: { kind: "look", trigger: "notification" } });
      this.#write({ dirtySince: null });
    } else if (request.lookAgainAt !== null) {
      this.#due.setEarliest("look", { at: request.lookAgainAt, work: { kind: "look", trigger: "retry" } });
    }
    this.#write({ lease: null });
    this.#due.drop(leaseKey);
    this.#due.bringForward("wait:", now);
    await this.#save();
    return {
      status: "ended",
      reading: { budget: readBudget(budget, this.#policy(), now), notifiedAt: this.#current().notifiedAt },
    };
  }

  /** A token and calls outside of a sync. What was not used is given back with `settle`. */
  async permit(request: { calls: number; priority: CallPriority; now: number }): Promise<CallPermit> {
    this.#seeClock(request.now);
    const state = await this.#load();
    if (state.link === null) return { status: "unknown_account" };
    if (state.halted !== null && state.halted !== "revocation_pending") {
      return { status: "halted", reason: state.halted };
    }
    const reserved = reserveCalls(state.budget, this.#policy(), request.priority, request.calls, request.now);
    this.#write({ budget: reserved.state });
    if (reserved.granted === 0) {
      await this.#save();
      return { status: "no_budget", until: reserved.until };
    }
    const token = await this.#tokens.get(request.now);
    if (token.status === "token") {
      await this.#save();
      return {
        status: "permitted",
        accessToken: token.accessToken,
        calls: reserved.granted,
        link: this.#linkOrThrow(),
      };
    }
    this.#write({
      budget: settleCalls(this.#current().budget, this.#policy(), reserved.granted, noCalls, request.now),
    });
    if (token.status === "halted") {
      await this.#halt(token.reason, request.now);
      return { status: "halted", reason: token.reason };
    }
    await this.#save();
    return {
      status: "failed",
      error: {
        code: "provider_unavailable",
        message: "The provider did not renew the token; it is tried again shortly.",
        answerLost: false,
      },
    };
  }

  /** Takes in what became of a permit's calls. */
  async settle(request: { report: CallReport; granted: number; now: number }): Promise<void> {
    this.#seeClock(request.now);
    const state = await this.#load();
    this.#write({
      budget: settleCalls(state.budget, this.#policy(), request.granted, request.report, request.now),
    });
    await this.#save();
  }

  /** Makes due entries from outside of a sync. */
  async schedule(request: { due: readonly DueEntry[]; now: number }): Promise<void> {
    this.#seeClock(request.now);
    await this.#load();
    for (const entry of request.due) this.#due.set(dueKey(entry.work), entry);
    await this.#save();
  }

  /** Stops syncing while it is unknown whether consent was withdrawn, or goes on again (rule 10). */
  async setRevocationPending(request: { pending: boolean; now: number }): Promise<void> {
    this.#seeClock(request.now);
    const state = await this.#load();
    if (request.pending && state.halted === null) this.#write({ halted: "revocation_pending" });
    if (!request.pending && state.halted === "revocation_pending") {
      this.#write({ halted: null });
      this.#due.setEarliest("look", { at: request.now, work: { kind: "look", trigger: "recovery" } });
    }
    await this.#save();
  }

  /** Marks the connection as needing its user: the provider's answer to a call was final. */
  async halt(request: { reason: HaltReason; now: number }): Promise<void> {
    this.#seeClock(request.now);
    await this.#load();
    await this.#halt(request.reason, request.now);
  }

  /** Ends the link: raises the fence, drops tokens and everything due. The dropped tokens come back for one attempt to revoke them. */
  async unlink(request: UnlinkRequest): Promise<UnlinkResult> {
    this.#seeClock(request.now);
    const state = await this.#load();
    if (state.link === null || state.link.connectionId !== request.connectionId)
      return { status: "unknown_account" };
    const tokens: TokenSet | null = await this.#tokens.open();
    const fence = Math.max(request.now, state.fence + 1);
    await unlinkConnection(this.env, state.link, request, fence);
    this.#write({ ...emptyState, fence, budget: state.budget });
    this.#due.clear();
    await this.#save();
    return { status: "unlinked", tokens };
  }

  /** What the account has left of its budget. */
  async budget(request: { now: number }): Promise<BudgetReading | null> {
    const state = await this.#load();
    return state.link === null ? null : readBudget(state.budget, this.#policy(), request.now);
  }

  /** Whose account this is, or null. */
  async linked(): Promise<AccountState["link"]> {
    return (await this.#load()).link;
  }

  /** Forgets everything, unless somebody is connected: the end of an erasure. */
  async forget(): Promise<void> {
    const state = await this.#load();
    if (state.link !== null) return;
    await this.ctx.storage.deleteAll();
    this.#state = null;
    this.#row.create();
    this.#due.create();
  }

  /** Does what is due by `now`; the local clock's tick calls it, because alarms ring in real time. */
  async runDue(request: { now: number }): Promise<void> {
    this.#seeClock(request.now);
    await this.#sendDue(request.now);
  }

  override async alarm(): Promise<void> {
    const now = await readClock(this.#configuration);
    this.#seeClock(now);
    await this.#sendDue(now);
  }

  /** Turns due entries into queue messages, and nothing else (rule 4). An entry goes only after the queue has its message. */
  async #sendDue(now: number): Promise<void> {
    let failed = false;
    try {
      await this.#load();
      for (const row of this.#due.dueBy(now)) {
        if (row.key === leaseKey) {
          const lease = this.#current().lease;
          if (lease !== null && lease.deadline <= now) this.#buryHolder(lease, now);
        }
        await this.env.SYNC.send(syncMessage(this.#name(), row.work));
        this.#due.dropIfUnchanged(row);
      }
    } catch (exception) {
      failed = true;
      log("error", "account.due_failed", { account: this.#name(), ...describeException(exception) });
    } finally {
      await this.#arm(failed ? now + 30_000 : 0);
    }
  }

  /** A holder that never came back: its calls may have been made, so they count. */
  #buryHolder(lease: HeldLease, now: number): void {
    const report: CallReport = { spent: lease.granted, rate: null, limitedUntil: null };
    this.#write({
      lease: null,
      budget: settleCalls(this.#current().budget, this.#policy(), lease.granted, report, now),
    });
    log("warn", "account.holder_lost", { account: this.#name(), kind: lease.work.kind });
  }

  #rememberForLater(work: Work, receivedAt: number | null, held: HeldLease, now: number): void {
    const isAnyList = work.kind === "look" || (work.kind === "sync" && work.runId === undefined);
    if (isAnyList) {
      const since = receivedAt ?? now;
      this.#write({ dirtySince: Math.max(this.#current().dirtySince ?? 0, since) });
      return;
    }
    this.#due.setEarliest(`wait:${dueKey(work)}`, { at: held.deadline, work });
  }

  async #goRoundAgain(now: number): Promise<Lease | null> {
    const state = this.#current();
    const lease = state.lease;
    if (lease === null) return null;
    const reserved = reserveCalls(state.budget, this.#policy(), "fresh", 3, now);
    const token = reserved.granted === 0 ? null : await this.#tokens.get(now);
    if (token === null || token.status !== "token") return null;
    const next: HeldLease = { ...lease, granted: reserved.granted, deadline: now + leaseMilliseconds };
    this.#write({ budget: reserved.state, lease: next });
    this.#due.set(leaseKey, { at: next.deadline, work: next.work });
    await this.#save();
    return this.#leaseFor(next, token.accessToken);
  }

  async #giveUp(
    lease: HeldLease,
    work: Work,
    token: Exclude<TokenOutcome, { status: "token" }>,
    now: number,
  ): Promise<BeginResult> {
    const state = this.#current();
    if (state.lease?.fence === lease.fence) {
      this.#write({
        lease: null,
        budget: settleCalls(state.budget, this.#policy(), lease.granted, noCalls, now),
      });
      this.#due.drop(leaseKey);
    }
    if (token.status === "halted") {
      await this.#halt(token.reason, now);
      return { status: "halted", reason: token.reason };
    }
    await this.#wait(work, token.at);
    return { status: "waiting", until: token.at };
  }

  /** Waiting is not an attempt: the message is done with, and the object asks again by itself (rule 6). */
  async #wait(work: Work, until: number): Promise<void> {
    this.#due.setEarliest(dueKey(work), { at: until, work: recoveryOf(work) });
    await this.#save();
  }

  async #halt(reason: HaltReason, now: number): Promise<void> {
    const state = this.#current();
    if (state.link !== null && reason !== "revocation_pending") {
      await haltConnection(this.env, state.link, reason, now);
    }
    this.#write({ halted: reason, lease: null, refresh: null });
    this.#due.clear();
    log("warn", "account.halted", { account: this.#name(), reason });
    await this.#save();
  }

  #leaseFor(lease: HeldLease, accessToken: string): Lease {
    return {
      fence: lease.fence,
      deadline: lease.deadline,
      accessToken,
      calls: lease.granted,
      link: this.#linkOrThrow(),
      listedAt: this.#current().listedAt,
    };
  }

  #linkOrThrow(): NonNullable<AccountState["link"]> {
    const link = this.#current().link;
    if (link === null) throw new Error("account is not linked");
    return link;
  }

  #policy(): BudgetPolicy {
    const link = this.#current().link;
    const provider = link?.provider ?? this.#configuration.providers[0] ?? "fitbit";
    return providerFor(this.#configuration, provider).budget;
  }

  #name(): AccountName {
    return asId<AccountName>(this.ctx.id.name ?? "");
  }

  #current(): AccountState {
    return this.#state ?? emptyState;
  }

  /** The state; if this object has none, what D1 says, which is the store of record. */
  async #load(): Promise<AccountState> {
    if (this.#state !== null) return this.#state;
    const found = await findHolder(allDatabases(this.env), this.#name());
    // Another call may have written while D1 was asked; what is in the object is newer.
    if (this.#state !== null) return this.#state;
    if (found === null) return emptyState;
    this.#write({ ...found });
    return this.#current();
  }

  #write(change: Partial<AccountState>): void {
    this.#state = { ...this.#current(), ...change };
    this.#row.write(this.#state);
  }

  async #save(): Promise<void> {
    await this.#arm(0);
  }

  async #arm(notBefore: number): Promise<void> {
    const earliest = this.#due.earliest();
    if (earliest === null) {
      await this.ctx.storage.deleteAlarm();
      return;
    }
    const at = Math.max(earliest, notBefore) - this.#clockOffset;
    if ((await this.ctx.storage.getAlarm()) !== at) await this.ctx.storage.setAlarm(at);
  }

  #seeClock(now: number): void {
    const offset = now - Date.now();
    // Under a second apart is the travel of the call, not a simulated clock.
    this.#clockOffset = Math.abs(offset) < 1000 ? 0 : offset;
  }
}

const noCalls: CallReport = { spent: 0, rate: null, limitedUntil: null };

/** Whether the last completed list, or the work itself, has already told what this request asks for (rule 2). */
function isOld(request: BeginRequest, state: AccountState): boolean {
  const { work, receivedAt, now } = request;
  if (receivedAt !== null && work.kind === "look" && receivedAt <= state.listedAt) return true;
  if (work.kind === "sync" && work.found !== undefined && work.found.listStartedAt <= state.listedAt)
    return true;
  const isSweep = (work.kind === "sync" || work.kind === "look") && work.trigger === "sweep";
  return isSweep && now - state.listedAt < sweepQuietMilliseconds;
}

/** Calls lent at the start; more come with `extend`, unused ones go back. */
function firstCalls(work: Work): number {
  switch (work.kind) {
    case "look":
    case "deletions":
      return 3;
    case "sync":
      return work.found === undefined ? 3 : 4;
    case "late":
    case "revocation":
      return 1;
    case "backfill":
      return 10;
    case "erase":
      return 1;
    default:
      return work satisfies never;
  }
}

/** Fresh data first: history and the sweep leave the reserve alone (rule 6). */
export function priorityOf(work: Work): CallPriority {
  if (work.kind === "backfill") return "background";
  return (work.kind === "sync" || work.kind === "look") && work.trigger === "sweep" ? "background" : "fresh";
}

/** The work that makes good a holder's death: the same, but a list that was found is read again. */
function recoveryOf(work: Work): Work {
  if (work.kind === "look") return { kind: "look", trigger: work.trigger };
  if (work.kind !== "sync") return work;
  return work.runId === undefined
    ? { kind: "sync", trigger: work.trigger === "sweep" ? "sweep" : "recovery" }
    : { kind: "sync", trigger: work.trigger, runId: work.runId };
}
