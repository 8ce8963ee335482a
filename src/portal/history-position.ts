// A place in Activity History: a time and, because entries may share one, the id of the entry there. Pages are cut by it, so
// that nothing is shown twice or left out when something newer arrives between two pages.

/** Time in epoch milliseconds. Ids are ASCII, so that text compares here as it does in SQLite. */
export interface Position {
  readonly time: number;
  readonly id: string;
}

/** Negative where `one` stands before `other` on the page, which is where it is newer. */
export function newestFirst(one: Position, other: Position): number {
  if (one.time !== other.time) return other.time - one.time;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}

/** The position as `before` in a page's address. */
export function positionText({ time, id }: Position): string {
  return `${time}-${id}`;
}

/** The position that an address names; null where it names none, which is the first page. */
export function parsePosition(text: string | undefined): Position | null {
  const match = /^(\d{1,15})-(\w{1,80})$/.exec(text ?? "");
  return match === null ? null : { time: Number(match[1]), id: match[2] ?? "" };
}
