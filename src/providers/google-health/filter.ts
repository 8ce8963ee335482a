// Google's filters: only `>=` and `<`, joined by AND; the field in snake case, the literal in quotes. Each type has one field of
// time, and each kind of field its own way to write time (Google Health reference §3.2, documented and observed).

const second = 1000;

/** A list's query: everything from `from` up to but without `until`. Parameters must be the same for every page of a list. */
export function rangeQuery(range: {
  readonly field: string;
  readonly from: string;
  readonly until: string;
  readonly pageSize?: number;
  readonly pageToken?: string | null;
}): string {
  const { field, from, until, pageSize, pageToken } = range;
  const parameters = [["filter", `${field} >= "${from}" AND ${field} < "${until}"`]];
  if (pageSize !== undefined) parameters.push(["pageSize", String(pageSize)]);
  if (pageToken !== undefined && pageToken !== null) parameters.push(["pageToken", pageToken]);
  return parameters.map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`).join("&");
}

/** "2026-11-20T06:58:12" of a wall clock that reads so; a zone in it is refused. The second is the one that has begun. */
export function civilTime(wallTime: number): string {
  return new Date(Math.floor(wallTime / second) * second).toISOString().slice(0, 19);
}

/** "2026-11-20T06:58:12Z" of an instant, in the second that has begun. */
export function physicalTime(time: number): string {
  return `${civilTime(time)}Z`;
}

/** "2026-11-20" of a wall clock. */
export function civilDate(wallTime: number): string {
  return new Date(wallTime).toISOString().slice(0, 10);
}
