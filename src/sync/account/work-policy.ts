// What each kind of work means for lease and budget. Pure.

import type { Work } from "../messages.ts";
import type { BeginRequest, CallPriority } from "./account-protocol.ts";
import type { AccountState } from "./account-state.ts";

/** A sweep has nothing to do for an account whose list was read this recently. */
const sweepQuietMilliseconds = 20 * 3_600_000;

/** Whether the last completed list, or the work itself, has already told what this request asks for (rule 2). */
export function isOld(request: BeginRequest, state: AccountState): boolean {
  const { work, receivedAt, now } = request;
  if (receivedAt !== null && work.kind === "look" && receivedAt <= state.listedAt) return true;
  if (work.kind === "sync" && work.found !== undefined && work.found.listStartedAt <= state.listedAt)
    return true;
  const isSweep = (work.kind === "sync" || work.kind === "look") && work.trigger === "sweep";
  return isSweep && now - state.listedAt < sweepQuietMilliseconds;
}

/** Calls lent at the start; more come with `extend`, unused ones go back. */
export function firstCalls(work: Work): number {
  switch (work.kind) {
    case "look":
    case "interval":
    case "deletions":
      return 3;
    case "sync":
      return work.found === undefined ? 3 : 4;
    case "late":
    case "revocation":
    case "subscribe":
      return 1;
    case "backfill":
      return 10;
    case "erase":
    case "leave":
      return 1;
    default:
      return work satisfies never;
  }
}

/** Fresh data first: history, wherever it is asked for, and the sweep leave the reserve alone (rule 6). */
export function priorityOf(work: Work): CallPriority {
  if (work.kind === "backfill" || work.kind === "interval") return "background";
  return (work.kind === "sync" || work.kind === "look") && work.trigger === "sweep" ? "background" : "fresh";
}

/** The work that makes good a holder's death: the same, but a list that was found is read again. */
export function recoveryOf(work: Work): Work {
  if (work.kind === "look") return { kind: "look", trigger: work.trigger };
  if (work.kind !== "sync") return work;
  return work.runId === undefined
    ? { kind: "sync", trigger: work.trigger === "sweep" ? "sweep" : "recovery" }
    : { kind: "sync", trigger: work.trigger, runId: work.runId };
}

/** Whether the work has a run that was promised to somebody. */
export function isFollowed(work: Work): boolean {
  return work.kind === "backfill" || (work.kind === "sync" && work.runId !== undefined);
}

/** Any list of what is recent serves for any other; one that somebody follows as a run of theirs stands for itself. */
export function isList(work: Work): boolean {
  return work.kind === "look" || (work.kind === "sync" && work.runId === undefined);
}
