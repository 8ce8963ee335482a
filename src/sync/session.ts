// The holder's side of a lease: every call to the provider goes through here, so that it is counted, made with a living
// token and a living lease, and so that the few answers that end a sync end it in one place. It decides nothing about activities.

import type { ProviderError } from "../providers/errors.ts";
import type { CallContext, Provider, ProviderResult, RateReading } from "../providers/port.ts";
import type { CallPriority, CallReport, DueEntry, EndResult, Lease } from "./account/account-protocol.ts";
import type { HaltReason } from "./account/account-state.ts";
import type { AccountSync } from "./account/account-sync.ts";

export type Interruption =
  /** Somebody else holds the lease: write nothing more. */
  | { readonly kind: "lost" }
  /** No call left, or no token yet: go on at `until`. Not a failure. */
  | { readonly kind: "waiting"; readonly until: number; readonly waitsFor: "calls" | "token" }
  /** The connection needs its user. */
  | { readonly kind: "halted"; readonly reason: HaltReason }
  /** An attempt failed; the message may be tried again. */
  | { readonly kind: "failed"; readonly error: ProviderError };

/** Ends a sync early; the consumer knows what to do with each kind. */
export class SyncInterrupted extends Error {
  override readonly name = "SyncInterrupted";
  readonly interruption: Interruption;

  constructor(interruption: Interruption) {
    super(interruption.kind);
    this.interruption = interruption;
  }
}

/** Time within one invocation: the real clock plus an offset that was read once. */
export interface Clock {
  now(): number;
}

/** A call may take 30 s; the lease must outlive it. */
const callMarginMilliseconds = 40_000;

export class SyncSession {
  readonly provider: Provider;
  readonly clock: Clock;
  readonly priority: CallPriority;
  readonly #stub: DurableObjectStub<AccountSync>;
  #lease: Lease;
  #calls: number;
  #unreported = 0;
  #rate: RateReading | null = null;
  #limitedUntil: number | null = null;
  #renewed = false;
  /** Calls made in all, for the run's record. */
  callsSpent = 0;

  constructor(
    stub: DurableObjectStub<AccountSync>,
    provider: Provider,
    lease: Lease,
    clock: Clock,
    priority: CallPriority,
  ) {
    this.#stub = stub;
    this.provider = provider;
    this.#lease = lease;
    this.#calls = lease.calls;
    this.clock = clock;
    this.priority = priority;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** Makes one call; interrupts for what ends a sync, answers everything else. */
  async call<Value>(
    make: (context: CallContext) => Promise<ProviderResult<Value>>,
  ): Promise<ProviderResult<Value>> {
    if (this.#calls <= 0 || this.#lease.deadline - this.clock.now() < callMarginMilliseconds)
      await this.#extend();
    const result = await this.#make(make);
    if (result.ok) return result;
    switch (result.error.code) {
      case "unauthorized":
        if (this.#renewed && result.error.needsConsent === true) {
          await this.#stub.halt({ reason: "needs_reauthorization", now: this.clock.now() });
          throw new SyncInterrupted({ kind: "halted", reason: "needs_reauthorization" });
        }
        if (this.#renewed) throw new SyncInterrupted({ kind: "failed", error: result.error });
        await this.#renew();
        return await this.call(make);
      case "rate_limited":
        this.#limitedUntil = result.error.retryAt;
        throw new SyncInterrupted({ kind: "waiting", until: result.error.retryAt, waitsFor: "calls" });
      case "provider_gone":
        await this.#stub.halt({ reason: "provider_gone", now: this.clock.now() });
        throw new SyncInterrupted({ kind: "halted", reason: "provider_gone" });
      default:
        return result;
    }
  }

  /** As `call`, for an answer without which the sync cannot go on. */
  async require<Value>(make: (context: CallContext) => Promise<ProviderResult<Value>>): Promise<Value> {
    const result = await this.call(make);
    if (result.ok) return result.value;
    throw new SyncInterrupted({ kind: "failed", error: result.error });
  }

  /** Keeps the lease while a message goes out that will take it over. False: somebody else has it already. */
  async handOver(): Promise<boolean> {
    const result = await this.#stub.handOver({
      fence: this.#lease.fence,
      report: this.#report(),
      now: this.clock.now(),
    });
    return result.status === "ok";
  }

  /** Makes due entries at once: later looks of what is stored must not be lost with an interruption that follows. */
  async schedule(due: readonly DueEntry[]): Promise<void> {
    if (due.length === 0) return;
    await this.#stub.schedule({ due, now: this.clock.now() });
  }

  /** Gives the lease back; `again` means that it is kept and a further round is asked for. */
  async end(outcome: {
    listedAt: number | null;
    due?: readonly DueEntry[];
    drop?: readonly string[];
    lookAgainAt?: number | null;
    mayRepeat?: boolean;
  }): Promise<EndResult> {
    const result = await this.#stub.end({
      fence: this.#lease.fence,
      report: this.#report(),
      listedAt: outcome.listedAt,
      due: outcome.due ?? [],
      drop: outcome.drop ?? [],
      lookAgainAt: outcome.lookAgainAt ?? null,
      mayRepeat: outcome.mayRepeat ?? false,
      now: this.clock.now(),
    });
    if (result.status === "again") {
      this.#lease = result.lease;
      this.#calls = result.lease.calls;
    }
    return result;
  }

  async #make<Value>(
    make: (context: CallContext) => Promise<ProviderResult<Value>>,
  ): Promise<ProviderResult<Value>> {
    this.#calls -= 1;
    this.#unreported += 1;
    this.callsSpent += 1;
    const result = await make({ accessToken: this.#lease.accessToken, now: this.clock.now() });
    if (result.rate !== null) this.#rate = result.rate;
    return result;
  }

  async #extend(): Promise<void> {
    const result = await this.#stub.extend({
      fence: this.#lease.fence,
      report: this.#report(),
      calls: 6,
      priority: this.priority,
      now: this.clock.now(),
    });
    switch (result.status) {
      case "extended":
        this.#calls = result.calls;
        this.#lease = { ...this.#lease, deadline: result.deadline };
        return;
      case "no_budget":
        throw new SyncInterrupted({ kind: "waiting", until: result.until, waitsFor: "calls" });
      case "lost":
        throw new SyncInterrupted({ kind: "lost" });
      default:
        return result satisfies never;
    }
  }

  async #renew(): Promise<void> {
    this.#renewed = true;
    const result = await this.#stub.renew({ rejectedToken: this.#lease.accessToken, now: this.clock.now() });
    switch (result.status) {
      case "renewed":
        this.#lease = { ...this.#lease, accessToken: result.accessToken };
        return;
      case "halted":
        throw new SyncInterrupted({ kind: "halted", reason: result.reason });
      case "waiting":
        throw new SyncInterrupted({ kind: "waiting", until: result.until, waitsFor: "token" });
      case "lost":
        throw new SyncInterrupted({ kind: "lost" });
      default:
        return result satisfies never;
    }
  }

  #report(): CallReport {
    const report: CallReport = {
      spent: this.#unreported,
      rate: this.#rate,
      limitedUntil: this.#limitedUntil,
    };
    this.#unreported = 0;
    this.#rate = null;
    this.#limitedUntil = null;
    return report;
  }
}
