// The two queues' messages. A message carries ids, times and summaries, never a token and never a position; it holds at
// most 100 KB (a queue message holds 128 KB, which the local emulator does not enforce). A shape that changes gets a new version.

import { z } from "zod";
import {
  type AccountName,
  type ActivityId,
  asId,
  type ConnectionId,
  type SourceActivityId,
} from "../kernel/ids.ts";
import type { ActivitySummary } from "../providers/port.ts";

/** What a push said changed, in words that are no provider's. */
export const hintCollections = ["activities", "access_revoked", "account_deleted"] as const;
export type HintCollection = (typeof hintCollections)[number];

const accountSchema = z
  .string()
  .min(3)
  .transform((value) => asId<AccountName>(value));

const hintsSchema = z.object({
  version: z.literal(1),
  kind: z.literal("hints"),
  hints: z.array(
    z.object({
      account: accountSchema,
      collection: z.enum(hintCollections),
      /** Local calendar dates, `YYYY-MM-DD`; for the record only, a look always reaches back its whole window. */
      dates: z.array(z.string()),
      /**
       * Intervals that the push named, in epoch milliseconds. What lies before a look's window is listed by itself, because
       * no look reaches it.
       */
      windows: z.array(z.object({ start: z.number(), end: z.number() })).default([]),
      /** Epoch milliseconds at which the push reached us. */
      receivedAt: z.number(),
    }),
  ),
});

/** What the request path leaves for the hint consumer. */
export type HintsMessage = z.infer<typeof hintsSchema>;
export type Hint = HintsMessage["hints"][number];

const sourceActivityIdSchema = z.string().transform((value) => asId<SourceActivityId>(value));

/** A stored activity that a provider's id stands for from now on, at this version of the provider's (rule 8). */
const adoptionSchema = z.object({
  activityId: z.string().transform((value) => asId<ActivityId>(value)),
  sourceActivityId: sourceActivityIdSchema,
  providerVersion: z.number(),
});
export type Adoption = z.infer<typeof adoptionSchema>;

/** The list that a look has read, so that the sync that follows reads none. */
const foundSchema = z.object({
  summaries: z
    .array(z.custom<ActivitySummary>((value) => typeof value === "object" && value !== null))
    .readonly(),
  adoptions: z.array(adoptionSchema).readonly().default([]),
  /** When the last of what still runs is expected to end; null when nothing does. */
  underWayUntil: z.number().nullable().default(null),
  /** Stored activities that the list lacked. */
  missing: z.array(sourceActivityIdSchema),
  /** Stored activities in the part of the window where a missing one means something. */
  stored: z.number(),
  listed: z.number(),
  /** Calls that the look has made. */
  calls: z.number().default(0),
  /** When the look had begun its list. */
  listStartedAt: z.number(),
});
export type Found = z.infer<typeof foundSchema>;

const triggers = [
  "connect",
  "notification",
  "manual",
  "sweep",
  "backfill",
  "late_data",
  "recovery",
  "retry",
  "replay",
] as const;

const workSchema = z.discriminatedUnion("kind", [
  /** Bring the connection up to date. `found` stands in for the list; `handoff` is the lease of the look that found it. */
  z.object({
    kind: z.literal("sync"),
    trigger: z.enum(triggers),
    runId: z.string().optional(),
    found: foundSchema.optional(),
    handoff: z.number().optional(),
  }),
  /** One list; silent when nothing changed. */
  z.object({ kind: z.literal("look"), trigger: z.enum(triggers) }),
  /** One look at an activity that lacks a stream (rule 11). */
  z.object({ kind: z.literal("late"), activityId: z.string(), look: z.number() }),
  /** One slice of history. `cursor`: epoch milliseconds from which it goes on. */
  z.object({
    kind: z.literal("backfill"),
    runId: z.string(),
    since: z.number(),
    cursor: z.number(),
    until: z.number(),
  }),
  /** Something changed in an interval that no look reaches: list it once, by itself. Epoch milliseconds. */
  z.object({ kind: z.literal("interval"), start: z.number(), end: z.number() }),
  /** A list lacked these at `since`, and that alone was no proof: look again (rule 9), in the interval where they were missed. */
  z.object({
    kind: z.literal("deletions"),
    since: z.number(),
    missing: z.array(sourceActivityIdSchema).default([]),
    interval: z.object({ start: z.number(), end: z.number() }).optional(),
  }),
  /** The provider says that consent was withdrawn or the account deleted; confirm before believing (rule 10). */
  z.object({ kind: z.literal("revocation"), receivedAt: z.number() }),
  /** Ask again for pushes, which failed before. */
  z.object({ kind: z.literal("subscribe"), attempts: z.number() }),
  /** The connection has come over from another account: take over what that one has, and end its grant. */
  z.object({
    kind: z.literal("leave"),
    former: accountSchema,
    connectionId: z.string().transform((value) => asId<ConnectionId>(value)),
  }),
  /** Delete what a connection left behind (rule 14). */
  z.object({ kind: z.literal("erase"), connectionId: z.string() }),
]);

export type Work = z.infer<typeof workSchema>;
export type WorkKind = Work["kind"];
/** Work that begins with a list. */
export type ListingWork = Extract<Work, { kind: "sync" | "look" | "interval" | "deletions" }>;

const syncSchema = z.object({ version: z.literal(1), account: accountSchema, work: workSchema });
/** One piece of work for one account. */
export type SyncMessage = z.infer<typeof syncSchema>;

export function parseHintsMessage(body: unknown): HintsMessage | null {
  return hintsSchema.safeParse(body).data ?? null;
}

export function parseSyncMessage(body: unknown): SyncMessage | null {
  return syncSchema.safeParse(body).data ?? null;
}

export function syncMessage(account: AccountName, work: Work): SyncMessage {
  return { version: 1, account, work };
}

/** Largest message we send, in bytes of its JSON. */
export const messageLimitBytes = 100_000;

/**
 * Most hints in one message. A hint's look takes four calls of the platform (the object twice, the provider, D1), a consumer
 * takes 20 messages at a time, and an invocation has 10,000 calls (Cloudflare's limits; the local emulator has none).
 */
const hintsAtMost = 100;

/** Splits hints into messages of at most `messageLimitBytes` and `hintsAtMost`; the order is kept. */
export function packHints(hints: readonly Hint[]): HintsMessage[] {
  const messages: HintsMessage[] = [];
  let current: Hint[] = [];
  let size = 0;
  for (const hint of hints) {
    const bytes = JSON.stringify(hint).length * 2; // never less than its UTF-8 length for what passes the schema
    const isFull = current.length === hintsAtMost || size + bytes > messageLimitBytes - 200;
    if (current.length > 0 && isFull) {
      messages.push({ version: 1, kind: "hints", hints: current });
      current = [];
      size = 0;
    }
    current.push(hint);
    size += bytes;
  }
  if (current.length > 0) messages.push({ version: 1, kind: "hints", hints: current });
  return messages;
}
