// What an account's object is made of: its state, its due table, its tokens and its alarm, with the few moves that everything
// else is made of. It decides nothing about leases or links.

import { allDatabases } from "../../db/databases.ts";
import { type Configuration, requireConfiguration } from "../../kernel/configuration.ts";
import { type AccountName, accountName, asId, type ConnectionId } from "../../kernel/ids.ts";
import { describeException, log } from "../../kernel/log.ts";
import type { BudgetPolicy } from "../../providers/port.ts";
import { providerFor } from "../../providers/registry.ts";
import { syncMessage, type Work } from "../messages.ts";
import type { AccountLink, CallReport } from "./account-protocol.ts";
import { type AccountState, emptyState, type HaltReason, type HeldLease } from "./account-state.ts";
import { settleCalls } from "./budget.ts";
import { DueTable, dueKey, leaseKey } from "./due-table.ts";
import { findHolder, haltConnection } from "./link-rows.ts";
import { StateRow } from "./state-row.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { isFollowed, recoveryOf } from "./work-policy.ts";

/** The budget at a provider that this deployment no longer speaks with. */
const nothingOffered: BudgetPolicy = { calls: 0, windowSeconds: 3_600, reserve: 0, resetMarginSeconds: 0 };

export class AccountCore {
  readonly env: Env;
  readonly configuration: Configuration;
  readonly due: DueTable;
  readonly tokens: TokenKeeper;
  readonly #context: DurableObjectState;
  readonly #row: StateRow;
  #state: AccountState | null;
  /** Simulated minus real time, from the last caller; alarms ring in real time. */
  #clockOffset = 0;
  #isChanged = false;
  /** Set while the link is being made or ended. */
  #relinking: Promise<unknown> | null = null;
  /** The last of those who send what is due. */
  #sending: Promise<void> = Promise.resolve();

  constructor(context: DurableObjectState, env: Env) {
    this.#context = context;
    this.env = env;
    this.configuration = requireConfiguration(env);
    this.#row = new StateRow(context.storage.sql);
    this.due = new DueTable(context.storage.sql);
    this.#state = this.#row.read();
    this.tokens = new TokenKeeper(env, this.configuration, {
      read: () => this.current(),
      write: (change) => this.write(change),
      flush: async () => {
        this.#persist();
        await context.storage.sync();
      },
    });
  }

  /** The state as it is in memory. */
  current(): AccountState {
    return this.#state ?? emptyState;
  }

  /**
   * Runs what makes or ends the link, one after the other and with nothing between: it waits for D1 in its middle, where a
   * second callback would make a second connection, and a lease granted there would stand above the fence that ends it.
   */
  async alone<Value>(work: () => Promise<Value>): Promise<Value> {
    const before = this.#relinking;
    const turn = (async () => {
      await before;
      return await work();
    })();
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#relinking = ended;
    try {
      return await turn;
    } finally {
      if (this.#relinking === ended) this.#relinking = null;
    }
  }

  /** The state, once nobody is making or ending the link. */
  async load(): Promise<AccountState> {
    while (this.#relinking !== null) await this.#relinking;
    return await this.loadAlone();
  }

  /** The state; if this object has none, what D1 says, which is the store of record. For `alone`; others take `load`. */
  async loadAlone(): Promise<AccountState> {
    if (this.#state !== null) return this.#state;
    const found = await findHolder(allDatabases(this.env), this.name());
    // Another call may have written while D1 was asked; what is in the object is newer.
    if (this.#state !== null) return this.#state;
    if (found === null) return emptyState;
    this.write({ ...found.state });
    // Whoever linked may have died before they could ask for it.
    if (found.formerAccount !== null) {
      this.leaveSoon(found.formerAccount, found.connectionId, Date.now() + this.#clockOffset);
    }
    return this.current();
  }

  /** Makes the former account of a connection hand on what it has and let it go; once more is no harm. */
  leaveSoon(former: AccountName, connectionId: ConnectionId, now: number): void {
    const work: Work = { kind: "leave", former, connectionId };
    this.due.set(dueKey(work), { at: now, work });
  }

  /** Changes the state in memory; `save` makes it durable, once for all changes of a call, because a row written is billed. */
  write(change: Partial<AccountState>): void {
    this.#state = { ...this.current(), ...change };
    this.#isChanged = true;
  }

  /** Ends every method that changed something: the state is durable before the answer leaves, the alarm follows the due table. */
  async save(): Promise<void> {
    this.#persist();
    await this.#arm(0);
  }

  #persist(): void {
    if (!this.#isChanged || this.#state === null) return;
    this.#row.write(this.#state);
    this.#isChanged = false;
  }

  /** Takes note of the caller's clock. */
  seeClock(now: number): void {
    const offset = now - Date.now();
    // Under a second apart is the travel of the call, not a simulated clock; deployed there is none.
    const isSimulated = this.configuration.simulatorUrl !== null && Math.abs(offset) >= 1000;
    this.#clockOffset = isSimulated ? offset : 0;
  }

  /** The account's name. An alarm may not know the name that the object was found by; the link does. */
  name(): AccountName {
    const link = this.current().link;
    if (link !== null) return accountName(link.provider, link.providerUserId);
    return asId<AccountName>(this.#context.id.name ?? "");
  }

  policy(): BudgetPolicy {
    const link = this.current().link;
    const provider = link?.provider ?? this.configuration.providers[0] ?? "fitbit";
    if (!this.configuration.providers.includes(provider)) return nothingOffered;
    return providerFor(this.configuration, provider).budget;
  }

  linkOrThrow(): AccountLink {
    const link = this.current().link;
    if (link === null) throw new Error("account is not linked");
    return link;
  }

  /** The connection needs its user: nothing is due any more until then. */
  async halt(reason: HaltReason, now: number): Promise<void> {
    const { link } = this.current();
    if (link === null) return;
    if (reason !== "revocation_pending") await haltConnection(this.env, link, reason, now);
    // Its user has reconnected meanwhile: what ended was the grant before.
    if (this.current().link?.connectedAt !== link.connectedAt) return;
    this.releaseLease(now);
    this.write({ halted: reason, refresh: null });
    // The account that it came from is left all the same: that needs nothing of this grant.
    this.due.clearAllBut("leave:");
    log("warn", "account.halted", { account: this.name(), reason });
    await this.save();
  }

  /** Waiting is not an attempt: the message is done with, and the object asks again by itself (rule 6). */
  async wait(work: Work, until: number): Promise<void> {
    this.due.setEarliest(dueKey(work), { at: until, work: recoveryOf(work) });
    await this.save();
  }

  /** Work that somebody follows as a run of theirs, due or under way: it must not end with what else is given up. */
  pendingRuns(): Work[] {
    const { lease } = this.current();
    const works = [...this.due.all().map((row) => row.work), ...(lease === null ? [] : [lease.work])];
    const byKey = new Map(works.filter(isFollowed).map((work) => [dueKey(work), work]));
    return [...byKey.values()];
  }

  /** Takes the lease from whoever has it. The calls that were lent may have been made, so they count. */
  releaseLease(now: number): void {
    const { lease, budget } = this.current();
    if (lease === null) return;
    const report: CallReport = { spent: lease.granted, rate: null, limitedUntil: null };
    this.write({ lease: null, budget: settleCalls(budget, this.policy(), lease.granted, report, now) });
  }

  /** A holder that never came back. */
  buryHolder(lease: HeldLease, now: number): void {
    this.releaseLease(now);
    log("warn", "account.holder_lost", { account: this.name(), kind: lease.work.kind });
  }

  /**
   * Turns due entries into queue messages, and nothing else (rule 4). An entry goes only after the queue has its message, so
   * whoever comes meanwhile waits: it would find the entry too, and send it once more.
   */
  async sendDue(now: number): Promise<void> {
    const send = () => this.#sendDue(now);
    this.#sending = this.#sending.then(send, send);
    await this.#sending;
  }

  async #sendDue(now: number): Promise<void> {
    let failed = false;
    try {
      const { link } = await this.load();
      // Without a link nobody could do it, and the alarm may not even know the account's name.
      if (link === null) this.due.clear();
      for (const row of this.due.dueBy(now)) {
        if (row.key === leaseKey) {
          const lease = this.current().lease;
          if (lease !== null && lease.deadline <= now) this.buryHolder(lease, now);
        }
        await this.env.SYNC.send(syncMessage(this.name(), row.work));
        this.due.dropIfUnchanged(row);
      }
    } catch (exception) {
      failed = true;
      log("error", "account.due_failed", { account: this.name(), ...describeException(exception) });
    } finally {
      this.#persist();
      await this.#arm(failed ? now + 30_000 : 0);
    }
  }

  async #arm(notBefore: number): Promise<void> {
    const earliest = this.due.earliest();
    if (earliest === null) {
      await this.#context.storage.deleteAlarm();
      return;
    }
    const at = Math.max(earliest, notBefore) - this.#clockOffset;
    if ((await this.#context.storage.getAlarm()) !== at) await this.#context.storage.setAlarm(at);
  }

  /** Forgets everything that was stored. */
  async clear(): Promise<void> {
    await this.#context.storage.deleteAll();
    this.#state = null;
    this.#isChanged = false;
    this.#row.create();
    this.due.create();
  }
}
