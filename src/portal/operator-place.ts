// Where a page of dead letters begins, as its address carries it. An address that somebody made up is no place.

import { asId, type DeadLetterId } from "../kernel/ids.ts";

/** The last row of a page: the next page begins below it. */
export interface DeadLetterPlace {
  /** Epoch milliseconds. */
  readonly failedAt: number;
  readonly id: DeadLetterId;
}

/** A place as an address carries it. */
export function placeText({ failedAt, id }: DeadLetterPlace): string {
  return `${failedAt}.${id}`;
}

/** The place of an address; null for none, and for one that somebody made up. */
export function parsePlace(text: unknown): DeadLetterPlace | null {
  const match = typeof text === "string" ? /^(\d{1,15})\.(dead_[0-9a-z]{1,64})$/.exec(text) : null;
  return match === null ? null : { failedAt: Number(match[1]), id: asId<DeadLetterId>(match[2] ?? "") };
}
