// Puts the pages of heart rate together, whatever their order: Fitbit answers forwards and a day at a time, Google newest first
// in pages. Two samples of one instant are one, and the page that came first wins.

import type { HeartRateResult, HeartRateSample, MissingReason, TimeBasis } from "./port.ts";

export class HeartRateCollector {
  readonly #byTime = new Map<number, HeartRateSample>();
  #missing: MissingReason | null = null;
  /** `inferred` as soon as one page was. */
  timeBasis: TimeBasis = "utc";

  add(page: HeartRateResult): void {
    if (page.kind === "missing") {
      this.#missing ??= page.reason;
      return;
    }
    if (page.timeBasis === "inferred") this.timeBasis = "inferred";
    for (const sample of page.samples) {
      if (!this.#byTime.has(sample.time)) this.#byTime.set(sample.time, sample);
    }
  }

  /** All samples, sorted; or the first reason that a page gave when none had any. */
  result(): HeartRateResult {
    if (this.#byTime.size === 0) return { kind: "missing", reason: this.#missing ?? "not_worn" };
    const samples = [...this.#byTime.values()].sort((one, other) => one.time - other.time);
    return { kind: "samples", samples, timeBasis: this.timeBasis };
  }
}
