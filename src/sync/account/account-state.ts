// What an account's object remembers between calls: one JSON value in one row, so that each decision costs one row written.

import type { ConnectionId } from "../../kernel/ids.ts";
import type { Work } from "../messages.ts";
import type { AccountLink, Handover } from "./account-protocol.ts";
import { type BudgetState, emptyBudget } from "./budget.ts";

export type HaltReason = "needs_reauthorization" | "provider_gone" | "revocation_pending";

export interface HeldLease {
  readonly fence: number;
  readonly deadline: number;
  readonly work: Work;
  /** Calls handed out under this lease and not yet reported. */
  readonly granted: number;
}

export interface StoredTokens {
  /** Encrypted `TokenSet`; see kernel/encryption.ts. */
  readonly sealed: string;
  readonly expiresAt: number;
  readonly version: number;
  /** True until D1 has it: then it wins over D1 (rule 5). */
  readonly pending: boolean;
}

/** A refresh that was begun and whose outcome is not known, or that is to be tried again. */
export interface RefreshUnderWay {
  readonly since: number;
  readonly attempts: number;
  /** Not before this. */
  readonly nextAt: number;
}

export interface AccountState {
  readonly link: AccountLink | null;
  readonly fence: number;
  readonly lease: HeldLease | null;
  /** When the newest thing arrived that the current holder's list may have missed. */
  readonly dirtySince: number | null;
  /** Start of the last completed list. */
  readonly listedAt: number;
  /** When the newest push reached us. */
  readonly notifiedAt: number | null;
  readonly budget: BudgetState;
  readonly tokens: StoredTokens | null;
  readonly refresh: RefreshUnderWay | null;
  readonly halted: HaltReason | null;
  /** The connection that has gone over to another account: what it hands on, and the old tokens until they are revoked. */
  readonly parting: Parting | null;
}

export interface Parting {
  readonly connectionId: ConnectionId;
  readonly handover: Handover;
  /** Encrypted `TokenSet`, null when there was none. */
  readonly sealed: string | null;
}

export const emptyState: AccountState = {
  link: null,
  fence: 0,
  lease: null,
  dirtySince: null,
  listedAt: 0,
  notifiedAt: null,
  budget: emptyBudget,
  tokens: null,
  refresh: null,
  halted: null,
  parting: null,
};

/** Seconds after a lost answer at which the identical refresh is sent again; Fitbit answers it the same for 120 s. */
const lostAnswerScheduleSeconds = [5, 20, 60] as const;

/** When to try a refresh again, given what happened to the attempt that just ended at `now`. */
export function nextRefreshAttempt(
  underWay: RefreshUnderWay,
  outcome: "answer_lost" | "conflict" | "unavailable",
  now: number,
): RefreshUnderWay {
  switch (outcome) {
    case "answer_lost": {
      const seconds = lostAnswerScheduleSeconds[underWay.attempts - 1];
      // Beyond the schedule the window has passed; what is left is a slow retry and the provider's own verdict.
      return { ...underWay, nextAt: seconds === undefined ? now + 300_000 : underWay.since + seconds * 1000 };
    }
    case "conflict":
      return { ...underWay, nextAt: now + 5_000 };
    case "unavailable":
      return {
        ...underWay,
        nextAt: now + Math.min(3_600_000, 30_000 * 2 ** Math.min(underWay.attempts - 1, 7)),
      };
    default:
      return outcome satisfies never;
  }
}

/** Whether an access token should be replaced before it is handed out: it must outlive the lease. */
export function needsRefresh(tokens: StoredTokens, now: number): boolean {
  return tokens.expiresAt - now < 180_000;
}
