// What several sections of the operator's pages are made of.

import type { Child } from "hono/jsx";
import { relativeTime } from "./times.ts";

/** A time as people read it, with the exact one for programs and for whoever points at it. Epoch milliseconds. */
export function Moment({ time, now }: { time: number; now: number }) {
  const exact = new Date(time).toISOString();
  return (
    <time datetime={exact} title={exact}>
      {relativeTime(time, now)}
    </time>
  );
}

/** A table that may be wider than a phone: it scrolls by itself, by keyboard too. */
export function WideTable({ label, children }: { label: string; children?: Child }) {
  return (
    <section class="scroll" tabindex={0} aria-label={label}>
      <table class="wide">{children}</table>
    </section>
  );
}
