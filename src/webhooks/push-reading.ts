// What a push says, whichever provider's it is. A file of its own, so that reading a push needs nothing of the platform.

import type { Hint } from "../sync/messages.ts";

export interface PushReading {
  readonly hints: readonly Hint[];
  /** Elements that are no notification at all. What we have no use for is not counted. */
  readonly malformed: number;
}
