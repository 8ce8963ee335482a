// The lease on an account (rule 3): who works now, until when, with how many calls. Everything up to the token is decided
// without waiting, so of many that ask at once one gets it; the others are remembered.

import type { Work } from "../messages.ts";
import type { AccountCore } from "./account-core.ts";
import type {
  BeginRequest,
  BeginResult,
  CallPriority,
  CallReport,
  EndRequest,
  EndResult,
  ExtendResult,
  Lease,
} from "./account-protocol.ts";
import type { HeldLease } from "./account-state.ts";
import { noCalls, readBudget, reserveCalls, settleCalls } from "./budget.ts";
import { dueKey, leaseKey } from "./due-table.ts";
import type { TokenOutcome } from "./token-keeper.ts";
import { firstCalls, isList, isOld, priorityOf, recoveryOf } from "./work-policy.ts";

/** How long a holder is believed to be alive without a word. */
export const leaseMilliseconds = 120_000;
/** How long work waits at a time while a withdrawal of consent is neither confirmed nor refuted. */
const revocationPauseMilliseconds = 15 * 60_000;

export class Leases {
  readonly #core: AccountCore;

  constructor(core: AccountCore) {
    this.#core = core;
  }

  /** Asks for the lease. Everything up to the token is decided without waiting, so of many at once one gets it. */
  async begin(request: BeginRequest): Promise<BeginResult> {
    this.#core.seeClock(request.now);
    const { work, now } = request;
    const state = await this.#core.load();
    if (state.link === null) return { status: "unknown_account" };
    if (state.halted === "revocation_pending") {
      // Nothing is given up while it is unknown whether consent was withdrawn; it only waits.
      const until = now + revocationPauseMilliseconds;
      await this.#core.wait(work, until);
      return { status: "waiting", until };
    }
    if (state.halted !== null) return { status: "halted", reason: state.halted };
    if (isOld(request, state)) return { status: "nothing_due" };
    if (request.receivedAt !== null) {
      this.#core.write({ notifiedAt: Math.max(state.notifiedAt ?? 0, request.receivedAt) });
    }

    const held = state.lease !== null && state.lease.deadline > now ? state.lease : null;
    const handedOver = held !== null && work.kind === "sync" && work.handoff === held.fence;
    if (held !== null && !handedOver) {
      this.#rememberForLater(work, request.receivedAt, held, now);
      await this.#core.save();
      return { status: "busy" };
    }
    if (state.lease !== null && !handedOver) this.#recover(state.lease, work, now);

    const reserved = reserveCalls(
      this.#core.current().budget,
      this.#core.policy(),
      priorityOf(work),
      firstCalls(work),
      now,
    );
    if (reserved.granted === 0) {
      this.#core.write({ budget: reserved.state });
      await this.#core.wait(work, reserved.until);
      return { status: "waiting", until: reserved.until };
    }
    const fence = Math.max(now, state.fence + 1);
    const lease: HeldLease = {
      fence,
      deadline: now + leaseMilliseconds,
      work: recoveryOf(work),
      granted: reserved.granted,
    };
    this.#core.write({ fence, lease, budget: reserved.state });
    this.#core.due.set(leaseKey, { at: lease.deadline, work: lease.work });
    await this.#core.save();

    const token = await this.#core.tokens.get(now);
    // The user reconnected or left while the token was renewed; what had to be done is due again, or nobody's any more.
    if (token.status === "token" && this.#core.current().lease?.fence !== fence) {
      await this.#core.save();
      return { status: this.#core.current().link === null ? "unknown_account" : "busy" };
    }
    if (token.status === "token") {
      await this.#core.save();
      return { status: "leased", lease: this.#leaseFor(lease, token.accessToken) };
    }
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
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    const lease = state.lease;
    if (lease === null || lease.fence !== request.fence || lease.deadline <= request.now)
      return { status: "lost" };
    const settled = settleCalls(
      state.budget,
      this.#core.policy(),
      lease.granted,
      request.report,
      request.now,
    );
    const reserved = reserveCalls(settled, this.#core.policy(), request.priority, request.calls, request.now);
    const next: HeldLease = {
      ...lease,
      granted: reserved.granted,
      deadline: request.now + leaseMilliseconds,
    };
    this.#core.write({ budget: reserved.state, lease: next });
    this.#core.due.set(leaseKey, { at: next.deadline, work: next.work });
    await this.#core.save();
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

  /** Gives the lease back, or keeps it for another round if something arrived that the list may have missed. */
  async end(request: EndRequest): Promise<EndResult> {
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    const lease = state.lease;
    if (lease === null || lease.fence !== request.fence) return { status: "lost" };
    const { now } = request;
    const budget = settleCalls(state.budget, this.#core.policy(), lease.granted, request.report, now);
    const listedAt = Math.max(state.listedAt, request.listedAt ?? 0);
    const missed = state.dirtySince !== null && state.dirtySince > listedAt;
    this.#core.write({
      budget,
      listedAt,
      dirtySince: missed ? state.dirtySince : null,
      lease: { ...lease, granted: 0 },
    });
    // A list that was read to its end is the look that was due, and replaces it; a new one is written over it below.
    if (request.listedAt !== null) {
      if (request.lookAgainAt === null || missed) this.#core.due.drop("look");
      this.#core.due.drop("sync");
    }
    for (const key of request.drop) this.#core.due.drop(key);
    for (const entry of request.due) {
      // What is suspected is asked again an hour after it was suspected first, however many lists say the same meanwhile.
      if (entry.work.kind === "deletions") this.#core.due.setEarliest(dueKey(entry.work), entry);
      else this.#core.due.set(dueKey(entry.work), entry);
    }

    if (missed && request.mayRepeat) {
      const again = await this.#goRoundAgain(now);
      if (again !== null) return { status: "again", lease: again };
      if (this.#core.current().lease?.fence !== request.fence) {
        await this.#core.save();
        return { status: "lost" };
      }
    }
    if (missed) {
      this.#core.due.setEarliest("look", { at: now, work: { kind: "look", trigger: "notification" } });
      this.#core.write({ dirtySince: null });
    } else if (request.lookAgainAt !== null) {
      this.#core.due.set("look", { at: request.lookAgainAt, work: { kind: "look", trigger: "retry" } });
    }
    this.#core.write({ lease: null });
    this.#core.due.drop(leaseKey);
    this.#core.due.bringForward("wait:", now);
    await this.#core.save();
    return {
      status: "ended",
      reading: {
        budget: readBudget(budget, this.#core.policy(), now),
        notifiedAt: this.#core.current().notifiedAt,
      },
    };
  }

  /** Takes over from a holder that is past its deadline; what it did not finish is due at once, unless this work does it. */
  #recover(dead: HeldLease, work: Work, now: number): void {
    this.#core.buryHolder(dead, now);
    const isDoneByThis = isList(work) && isList(dead.work);
    if (!isDoneByThis) this.#core.due.setEarliest(dueKey(dead.work), { at: now, work: dead.work });
  }

  #rememberForLater(work: Work, receivedAt: number | null, held: HeldLease, now: number): void {
    if (isList(work)) {
      const since = receivedAt ?? now;
      this.#core.write({ dirtySince: Math.max(this.#core.current().dirtySince ?? 0, since) });
      return;
    }
    this.#core.due.setEarliest(`wait:${dueKey(work)}`, { at: held.deadline, work });
  }

  async #goRoundAgain(now: number): Promise<Lease | null> {
    const lease = this.#core.current().lease;
    if (lease === null) return null;
    const token = await this.#core.tokens.get(now);
    // Others may have written while a token was renewed: everything is read after it.
    const state = this.#core.current();
    if (token.status !== "token" || state.lease?.fence !== lease.fence) return null;
    const reserved = reserveCalls(state.budget, this.#core.policy(), "fresh", 3, now);
    if (reserved.granted === 0) return null;
    const next: HeldLease = { ...lease, granted: reserved.granted, deadline: now + leaseMilliseconds };
    this.#core.write({ budget: reserved.state, lease: next });
    this.#core.due.set(leaseKey, { at: next.deadline, work: next.work });
    await this.#core.save();
    return this.#leaseFor(next, token.accessToken);
  }

  async #giveUp(
    lease: HeldLease,
    work: Work,
    token: Exclude<TokenOutcome, { status: "token" }>,
    now: number,
  ): Promise<BeginResult> {
    const state = this.#core.current();
    if (state.lease?.fence === lease.fence) {
      this.#core.write({
        lease: null,
        budget: settleCalls(state.budget, this.#core.policy(), lease.granted, noCalls, now),
      });
      this.#core.due.drop(leaseKey);
    }
    if (token.status === "halted") {
      await this.#core.halt(token.reason, now);
      return { status: "halted", reason: token.reason };
    }
    await this.#core.wait(work, token.at);
    return { status: "waiting", until: token.at };
  }

  #leaseFor(lease: HeldLease, accessToken: string): Lease {
    return {
      fence: lease.fence,
      deadline: lease.deadline,
      accessToken,
      calls: lease.granted,
      link: this.#core.linkOrThrow(),
      listedAt: this.#core.current().listedAt,
    };
  }
}
