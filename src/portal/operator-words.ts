// The operator's words: what a state, an outcome and a reason are called, and how far a count was counted. The codes stand
// beside them on the page, because the API and the log lines say those.

import type { ConnectionStatus, SyncRunStatus, SyncTrigger } from "../db/schema.ts";
import { countLimit } from "./operator-figures.ts";

export const connectionStates: Readonly<Record<ConnectionStatus, string>> = {
  active: "Connected",
  needs_reauthorization: "Needs re-authorization",
  provider_gone: "The provider's service has ended",
  disconnected: "Disconnected",
};

/** In the order in which an operator asks. */
export const runOutcomes: Readonly<Record<SyncRunStatus, string>> = {
  failed: "Failed",
  partial: "Partly done",
  succeeded: "Succeeded",
  running: "Under way",
  queued: "Waiting",
};

export const runReasons: Readonly<Record<SyncTrigger, string>> = {
  notification: "A push from the provider",
  sweep: "The daily look",
  connect: "A new connection",
  manual: "Somebody asked for a sync",
  backfill: "Somebody asked for history",
  late_data: "A look for late data",
  recovery: "A sync taken up again",
  retry: "Another try",
  replay: "A replayed message",
};

const number = new Intl.NumberFormat("en-GB");

/** `1,234`. */
export function numberText(value: number): string {
  return number.format(value);
}

/** `1,234`, or `more than 10,000` where counting stopped. */
export function countText(count: number): string {
  return count > countLimit ? `more than ${number.format(countLimit)}` : number.format(count);
}

/** `1 message`, `3 messages`, `more than 10,000 messages`. `text` says the number. */
export function amountText(count: number, noun: string, text: (count: number) => string = countText): string {
  return `${text(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The names of a table of words, in its order. */
export function namesOf<Name extends string>(words: Readonly<Record<Name, string>>): Name[] {
  return Object.keys(words) as Name[];
}
