// When an activity enters the feed, and when it is looked at again (rule 11). Pure: complete before visible, and not late
// for nothing. Look 0 to 3 happen while it settles, look 4 is the end of settling and costs no call, looks 5 to 7 come later.

/** Minutes after first sight. */
const settlingLooks = [1, 2, 5, 10] as const;
const laterLooks = [60, 360, 1440] as const;

/** The number of the look that ends settling. */
export const settleLook = settlingLooks.length;

const minute = 60_000;
const hour = 60 * minute;

export interface SettleInput {
  readonly endTime: number;
  /** When it was seen first. */
  readonly firstSeenAt: number;
  readonly now: number;
  readonly settleMinutes: number;
  /** An expected stream is missing, although its scope is granted. */
  readonly isMissingSomething: boolean;
}

/** Whether the activity stands in the feed now. */
export function isVisible(input: SettleInput): boolean {
  return !input.isMissingSomething || !settles(input) || input.now >= settlesAt(input);
}

/** When it enters the feed at the latest, or null if it never settles. */
export function settlesAt(input: SettleInput): number {
  return input.firstSeenAt + input.settleMinutes * minute;
}

/** An activity settles only if it ended under an hour before it was seen first: an older one has had its time. */
function settles(input: SettleInput): boolean {
  return input.firstSeenAt - input.endTime < hour;
}

/**
 * The next look after `lookDone` (-1 at first sight), or null when nobody will look again. A look whose time has passed
 * while an earlier one waited is left out: a look is one call, never a burst.
 */
export function nextLook(input: SettleInput, lookDone: number): { look: number; at: number } | null {
  if (!input.isMissingSomething) return null;
  if (input.firstSeenAt - input.endTime >= 24 * hour) return null;
  const candidates: { look: number; at: number }[] = [];
  if (settles(input)) {
    for (const [look, afterMinutes] of settlingLooks.entries()) {
      if (afterMinutes < input.settleMinutes) {
        candidates.push({ look, at: input.firstSeenAt + afterMinutes * minute });
      }
    }
    candidates.push({ look: settleLook, at: settlesAt(input) });
  }
  for (const [index, afterMinutes] of laterLooks.entries()) {
    candidates.push({ look: settleLook + 1 + index, at: input.firstSeenAt + afterMinutes * minute });
  }
  return candidates.find((candidate) => candidate.look > lookDone && candidate.at > input.now) ?? null;
}
