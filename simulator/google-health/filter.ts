// The filter of a list, AIP-160 as far as Google Health takes it: comparisons with >= and <, joined by AND, of the one or
// two members that a data type allows (API description; the 400 below was recorded by a third party, columns and all).

import type { Json } from "../json.ts";
import { parseTimeWithOffset } from "../time-zone.ts";
import { errorInfo, googleError } from "./errors.ts";

export type FilterKind = "civil" | "physical" | "date";

/** Which members of a data type may be compared, and with what. */
export type FilterMembers = Readonly<Record<string, FilterKind>>;

/** The bounds of one member; `from` belongs to the range, `to` does not. Text for civil times and dates. */
export interface Bounds {
  from: string | null;
  to: string | null;
}

export type Filter = Readonly<Record<string, Bounds>>;

interface Violation {
  reason: string;
  description: string;
}

const civil = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/;

/** The bounds by member, or the 400 to answer. A missing filter bounds nothing. */
export function parseFilter(text: string | null, members: FilterMembers): Filter | Response {
  const bounds: Record<string, Bounds> = {};
  if (text === null || text.trim() === "") return bounds;
  const violations: Violation[] = [];
  const comparison = /\s*([A-Za-z_][\w.-]*)\s*(>=|<=|!=|=|>|<|:)\s*("(?:[^"\\]|\\.)*"|[^\s"]+)\s*/y;
  let position = 0;
  for (;;) {
    comparison.lastIndex = position;
    const match = comparison.exec(text);
    if (!match) {
      const rest = text.slice(position);
      violations.push(
        rest.trim() === ""
          ? at(text, position, "MISSING_TOKEN", "A restriction is expected")
          : at(text, position, "SYNTAX", "Invalid filter syntax"),
      );
      break;
    }
    const [whole, member = "", operator = "", literal = ""] = match;
    const column = position + whole.length - whole.trimStart().length;
    const found = check(members, member, operator, literal);
    if (found) violations.push(at(text, column, found.reason, found.description));
    else keep(bounds, member, operator, literal.slice(1, -1));
    position += whole.length;
    if (position >= text.length) break;
    const and = /AND\b/y;
    and.lastIndex = position;
    if (!and.exec(text)) {
      violations.push(at(text, position, "SYNTAX", "Only AND may join restrictions"));
      break;
    }
    position += 3;
  }
  return violations.length > 0 ? refuse(violations) : bounds;
}

function check(members: FilterMembers, member: string, operator: string, literal: string): Violation | null {
  const kind = members[member];
  if (kind === undefined) {
    return { reason: "DATA_TYPE_MEMBER", description: `Member '${member}' is not supported for filtering.` };
  }
  if (operator !== ">=" && operator !== "<") {
    return {
      reason: "RESTRICTION_COMPARATOR",
      description: `Comparator '${operator}' is not supported for member '${member}'.`,
    };
  }
  const value = literal.startsWith('"') ? literal.slice(1, -1) : null;
  const known =
    value !== null &&
    (kind === "physical"
      ? parseTimeWithOffset(value) !== null
      : (kind === "date" ? /^\d{4}-\d\d-\d\d$/ : civil).test(value) && !Number.isNaN(Date.parse(`${value}`)));
  if (known) return null;
  return kind === "physical"
    ? { reason: "DATA_TYPE_RESTRICTION", description: `Value ${literal} is not a time of RFC 3339.` }
    : {
        reason: "CIVIL_DATE_TIME_FORMAT",
        description: `Value ${literal} is not a civil time YYYY-MM-DD[THH:mm:ss].`,
      };
}

/** Several bounds on one side: the narrowest holds. */
function keep(bounds: Record<string, Bounds>, member: string, operator: string, value: string): void {
  const own = bounds[member] ?? { from: null, to: null };
  if (operator === ">=")
    own.from = own.from === null || instant(value) > instant(own.from) ? value : own.from;
  else own.to = own.to === null || instant(value) < instant(own.to) ? value : own.to;
  bounds[member] = own;
}

function instant(value: string): number {
  return parseTimeWithOffset(value)?.timeMs ?? Date.parse(value.length === 10 ? value : `${value}Z`);
}

function at(text: string, position: number, reason: string, description: string): Violation {
  const before = text.slice(0, position).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const sentence = description.endsWith(".") ? description : `${description}.`;
  return { reason, description: `${sentence} (at line ${before.length}, column ${column})` };
}

function refuse(violations: readonly Violation[]): Response {
  const reasons = violations.map(({ reason }) => `INVALID_DATA_POINT_FILTER_${reason}`);
  const fieldViolations: Json = violations.map(({ description }) => ({ field: "filter", description }));
  return googleError(400, `Invalid data point filter: ${reasons.join(", ")}.`, [
    errorInfo("INVALID_DATA_POINT_FILTER", "health.googleapis.com", { detailedReasons: reasons.join(",") }),
    { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations },
  ]);
}
