// How a connection goes over from one account to another, seen from the two accounts' objects: the one lets it go and keeps what
// it has for the other until that has it, and the old tokens until somebody has tried to revoke them; the other goes on from
// there. Every step may be repeated, because the new account asks until it is done.

import type { ConnectionId } from "../../kernel/ids.ts";
import type { TokenSet } from "../../providers/port.ts";
import type { AccountCore } from "./account-core.ts";
import type { DueEntry, Handover, LeaveResult } from "./account-protocol.ts";
import { emptyState } from "./account-state.ts";
import { dueKey } from "./due-table.ts";

const nothing: Handover = { listedAt: 0, pending: [] };

export class Handovers {
  readonly #core: AccountCore;

  constructor(core: AccountCore) {
    this.#core = core;
  }

  /**
   * Lets a connection go: nothing more is done here for it, and what it had comes back, at every call until `handedOn`. The
   * row is the other account's already.
   */
  async leave(request: { connectionId: ConnectionId; now: number }): Promise<LeaveResult> {
    this.#core.seeClock(request.now);
    return await this.#core.alone(async () => {
      const state = await this.#core.loadAlone();
      const { parting, link } = state;
      if (parting?.connectionId === request.connectionId) {
        return { status: "left", handover: parting.handover };
      }
      if (link?.connectionId !== request.connectionId) return { status: "unknown_account" };
      const handover: Handover = { listedAt: state.listedAt, pending: this.#pending(request.now) };
      const fence = Math.max(request.now, state.fence + 1);
      this.#core.releaseLease(request.now);
      const { budget, tokens } = this.#core.current();
      const { connectionId } = request;
      const sealed = tokens?.sealed ?? null;
      this.#core.write({ ...emptyState, fence, budget, parting: { connectionId, handover, sealed } });
      this.#core.due.clear();
      await this.#core.save();
      return { status: "left", handover };
    });
  }

  /** The new account has what `leave` gave: once more would set it back to where it began. */
  async handedOn(request: { connectionId: ConnectionId }): Promise<void> {
    const { parting } = await this.#core.load();
    if (parting?.connectionId !== request.connectionId) return;
    this.#core.write({ parting: { ...parting, handover: nothing } });
    await this.#core.save();
  }

  /** The tokens of a connection that has left, once, and the end of its memory here. */
  async takeParting(request: { connectionId: ConnectionId }): Promise<TokenSet | null> {
    const { parting } = await this.#core.load();
    if (parting?.connectionId !== request.connectionId) return null;
    this.#core.write({ parting: null });
    await this.#core.save();
    if (parting.sealed === null) return null;
    return await this.#core.tokens.unseal(parting.connectionId, parting.sealed);
  }

  /** Goes on where the former account stopped: the next list reaches back to that account's last, and its runs are due here. */
  async takeOver(request: { connectionId: ConnectionId; handover: Handover; now: number }): Promise<void> {
    this.#core.seeClock(request.now);
    const state = await this.#core.load();
    if (state.link?.connectionId !== request.connectionId) return;
    const { listedAt, pending } = request.handover;
    if (listedAt > 0) this.#core.write({ listedAt });
    for (const { at, work } of pending) {
      this.#core.due.setEarliest(dueKey(work), { at: Math.max(at, request.now), work });
    }
    await this.#core.save();
  }

  /** Runs that somebody follows are due at once; looks at what an activity lacks keep their time, and are the new provider's. */
  #pending(now: number): DueEntry[] {
    const runs = this.#core.pendingRuns().map((work) => ({ at: now, work }));
    const looks = this.#core.due
      .all()
      .filter(({ key, work }) => work.kind === "late" && key === dueKey(work));
    return [...runs, ...looks.map(({ at, work }) => ({ at, work }))];
  }
}
