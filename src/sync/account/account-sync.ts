// The Durable Object of one account: who may sync now, with which token, with how many calls, and what is due when.
// It waits for nothing but a token refresh and a row of D1, so it stays cheap; it never lists, downloads or decodes.
// Its name is `provider:providerUserId`, so a webhook finds it without a database look-up.

import { DurableObject } from "cloudflare:workers";
import { readClock } from "../../kernel/clock.ts";
import type { ConnectionId } from "../../kernel/ids.ts";
import type { TokenSet } from "../../providers/port.ts";
import { providerFor } from "../../providers/registry.ts";
import { AccountCore } from "./account-core.ts";
import type {
  AccountLink,
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
  Handover,
  LeaveResult,
  LinkRequest,
  LinkResult,
  RenewResult,
  UnlinkRequest,
  UnlinkResult,
} from "./account-protocol.ts";
import { emptyState, type HaltReason } from "./account-state.ts";
import { noCalls, readBudget, reserveCalls, settleCalls } from "./budget.ts";
import { dueKey, leaseKey } from "./due-table.ts";
import { Handovers } from "./handovers.ts";
import { Leases } from "./leases.ts";
import { linkConnection, reviveConnection, unlinkConnection } from "./link-rows.ts";
import { isList } from "./work-policy.ts";

export class AccountSync extends DurableObject<Env> {
  readonly #core: AccountCore;
  readonly #leases: Leases;
  readonly #handovers: Handovers;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#core = new AccountCore(context, env);
    this.#leases = new Leases(this.#core);
    this.#handovers = new Handovers(this.#core);
  }

  /** Makes, or takes up again, the connection of a user to this account, with the tokens that were just granted. */
  async link(request: LinkRequest): Promise<LinkResult> {
    this.#core.seeClock(request.now);
    return await this.#core.alone(() => this.#link(request));
  }

  async #link(request: LinkRequest): Promise<LinkResult> {
    const state = await this.#core.loadAlone();
    if (state.link !== null && state.link.userId !== request.userId) {
      const { refreshTokensPerAccount } = providerFor(this.#core.configuration, state.link.provider);
      if (refreshTokensPerAccount === "many") return { status: "held" };
      // Only one refresh token lives per account: the holder's has just died, so the holder gets the new pair (Fitbit, documented).
      await this.#core.tokens.adopt(request.tokens, state.link, request.now);
      if (state.halted !== null) await reviveConnection(this.#core.env, state.link);
      this.#core.write({
        halted: null,
        refresh: null,
        link: { ...state.link, grantedScopes: request.tokens.scopes },
      });
      await this.#core.save();
      return { status: "held" };
    }
    const leastFence = Math.max(request.now, state.fence + 1);
    const linked = await linkConnection(this.#core.env, this.#core.configuration, request, leastFence);
    // Whoever works under the grant before is fenced off. What they did not finish begins anew; a list comes with connecting.
    const { lease } = this.#core.current();
    if (lease !== null && !isList(lease.work))
      this.#core.due.setEarliest(dueKey(lease.work), { at: request.now, work: lease.work });
    this.#core.write({ link: linked.link });
    this.#core.releaseLease(request.now);
    this.#core.write({
      fence: linked.fence,
      dirtySince: null,
      refresh: null,
      halted: null,
      parting: null,
      tokens: linked.tokens,
    });
    this.#core.due.drop(leaseKey);
    // Durable with the link itself: whatever becomes of the caller, the former account hands on what it has and is left. Asked
    // for whenever there is one: a link that died after its row was written has left it to the next.
    if (request.formerAccount !== null) {
      this.#core.leaveSoon(request.formerAccount, linked.link.connectionId, request.now);
    }
    await this.#core.save();
    return { status: "linked", connectionId: linked.link.connectionId, isNew: linked.isNew };
  }

  /** Asks for the lease. */
  async begin(request: BeginRequest): Promise<BeginResult> {
    return await this.#leases.begin(request);
  }

  /** Moves the deadline on and hands out more calls. */
  async extend(request: Parameters<Leases["extend"]>[0]): Promise<ExtendResult> {
    return await this.#leases.extend(request);
  }

  /** A look found something and leaves the lease to the sync message that it has sent. */
  async handOver(request: {
    fence: number;
    report: CallReport;
    now: number;
  }): Promise<{ status: "ok" | "lost" }> {
    return await this.#leases.handOver(request);
  }

  /** Gives the lease back, or keeps it for another round. */
  async end(request: EndRequest): Promise<EndResult> {
    return await this.#leases.end(request);
  }

  /** Another token, because the provider refused the one that was lent. */
  async renew(request: { rejectedToken: string; now: number }): Promise<RenewResult> {
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    if (state.link === null) return { status: "lost" };
    if (state.halted !== null && state.halted !== "revocation_pending") {
      return { status: "halted", reason: state.halted };
    }
    const token = await this.#core.tokens.replace(request.rejectedToken, request.now);
    await this.#core.save();
    switch (token.status) {
      case "token":
        return { status: "renewed", accessToken: token.accessToken };
      case "halted":
        await this.#core.halt(token.reason, request.now);
        return { status: "halted", reason: token.reason };
      case "later":
        return { status: "waiting", until: token.at };
      default:
        return token satisfies never;
    }
  }

  /** A token and calls outside of a sync. What was not used is given back with `settle`. */
  async permit(request: { calls: number; priority: CallPriority; now: number }): Promise<CallPermit> {
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    if (state.link === null) return { status: "unknown_account" };
    if (state.halted !== null && state.halted !== "revocation_pending") {
      return { status: "halted", reason: state.halted };
    }
    const reserved = reserveCalls(
      state.budget,
      this.#core.policy(),
      request.priority,
      request.calls,
      request.now,
    );
    this.#core.write({ budget: reserved.state });
    if (reserved.granted === 0) {
      await this.#core.save();
      return { status: "no_budget", until: reserved.until };
    }
    const token = await this.#core.tokens.get(request.now);
    if (token.status === "token") {
      await this.#core.save();
      return {
        status: "permitted",
        accessToken: token.accessToken,
        calls: reserved.granted,
        link: this.#core.linkOrThrow(),
      };
    }
    this.#core.write({
      budget: settleCalls(
        this.#core.current().budget,
        this.#core.policy(),
        reserved.granted,
        noCalls,
        request.now,
      ),
    });
    if (token.status === "halted") {
      await this.#core.halt(token.reason, request.now);
      return { status: "halted", reason: token.reason };
    }
    await this.#core.save();
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
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    this.#core.write({
      budget: settleCalls(state.budget, this.#core.policy(), request.granted, request.report, request.now),
    });
    await this.#core.save();
  }

  /** Makes due entries from outside of a sync. */
  async schedule(request: { due: readonly DueEntry[]; now: number }): Promise<void> {
    this.#core.seeClock(request.now);
    await this.#core.load();
    for (const entry of request.due) this.#core.due.set(dueKey(entry.work), entry);
    await this.#core.save();
  }

  /** Stops syncing while it is unknown whether consent was withdrawn, or goes on again (rule 10). */
  async setRevocationPending(request: { pending: boolean; now: number }): Promise<void> {
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    if (request.pending && state.halted === null) this.#core.write({ halted: "revocation_pending" });
    if (!request.pending && state.halted === "revocation_pending") {
      this.#core.write({ halted: null });
      this.#core.due.setEarliest("look", { at: request.now, work: { kind: "look", trigger: "recovery" } });
    }
    await this.#core.save();
  }

  /** Marks the connection as needing its user: the provider's answer to a call was final. */
  async halt(request: { reason: HaltReason; now: number }): Promise<void> {
    this.#core.seeClock(request.now);
    await this.#core.load();
    await this.#core.halt(request.reason, request.now);
  }

  /** Ends the link: raises the fence, drops tokens and everything due. The dropped tokens come back for one attempt to revoke them. */
  async unlink(request: UnlinkRequest): Promise<UnlinkResult> {
    this.#core.seeClock(request.now);
    return await this.#core.alone(() => this.#unlink(request));
  }

  async #unlink(request: UnlinkRequest): Promise<UnlinkResult> {
    const state = await this.#core.loadAlone();
    if (state.link === null || state.link.connectionId !== request.connectionId)
      return { status: "unknown_account" };
    if (request.connectedAt !== undefined && request.connectedAt !== state.link.connectedAt)
      return { status: "unknown_account" };
    const tokens: TokenSet | null = await this.#core.tokens.open();
    const fence = Math.max(request.now, this.#core.current().fence + 1);
    await unlinkConnection(this.#core.env, state.link, request, fence);
    this.#core.releaseLease(request.now);
    this.#core.write({ ...emptyState, fence, budget: this.#core.current().budget });
    this.#core.due.clear();
    await this.#core.save();
    return { status: "unlinked", tokens };
  }

  /** Lets a connection go that another account has taken over. */
  async leave(request: { connectionId: ConnectionId; now: number }): Promise<LeaveResult> {
    return await this.#handovers.leave(request);
  }

  /** What `leave` gave has arrived: it is not given again. */
  async handedOn(request: { connectionId: ConnectionId }): Promise<void> {
    await this.#handovers.handedOn(request);
  }

  /** The tokens of a connection that has left, for one attempt to revoke them. */
  async takeParting(request: { connectionId: ConnectionId }): Promise<TokenSet | null> {
    return await this.#handovers.takeParting(request);
  }

  /** Goes on where the former account of this connection stopped. */
  async takeOver(request: { connectionId: ConnectionId; handover: Handover; now: number }): Promise<void> {
    await this.#handovers.takeOver(request);
  }

  /** What the account has left of its budget. */
  async budget(request: { now: number }): Promise<BudgetReading | null> {
    const state = await this.#core.load();
    return state.link === null ? null : readBudget(state.budget, this.#core.policy(), request.now);
  }

  /** Whose account this is, or null. */
  async linked(): Promise<AccountLink | null> {
    return (await this.#core.load()).link;
  }

  /** Forgets everything, unless somebody is connected: the end of an erasure. */
  async forget(): Promise<void> {
    await this.#core.alone(async () => {
      const state = await this.#core.loadAlone();
      if (state.link === null) await this.#core.clear();
    });
  }

  /** Does what is due by `now`; the local clock's tick calls it, because alarms ring in real time. */
  async runDue(request: { now: number }): Promise<void> {
    this.#core.seeClock(request.now);
    await this.#core.sendDue(request.now);
  }

  override async alarm(): Promise<void> {
    const now = await readClock(this.#core.configuration);
    this.#core.seeClock(now);
    await this.#core.sendDue(now);
  }
}
