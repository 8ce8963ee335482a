// Google's JSON is proto3's: 64-bit integers are text, durations "900s" or "3539.368s", times RFC 3339 with 0, 3 or 6 digits of
// fraction, a value that is the default is absent, and doubles can be the text "NaN" (Google Health reference, head and §9,
// observed). These schemas read one value each; which of them a row must have is decided where the row is.

import { z } from "zod";

/** Parses JSON; undefined for what is none, which includes JSON that was cut. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `field` when it is what it should be, undefined when it is missing or anything else. */
export const lenient = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

/** A number, written as one or as text (int64). "NaN" and "Infinity" are nothing that was measured. */
export const number = z
  .union([z.number(), z.string().regex(/^-?\d{1,18}(\.\d{1,18})?$/)])
  .transform(Number)
  .refine(Number.isFinite);

/** As `number`, 0 or more. */
export const amount = number.refine((value) => value >= 0);

/** Whole beats a minute of a living heart. An average may come with a fraction, though the format says whole (documented). */
export const beatsPerMinute = number.transform(Math.round).refine((value) => value >= 1 && value <= 254);

/** Seconds, to the millisecond, from "900s", "3539.368s" or "-14400s". */
export const durationSeconds = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,9})?s$/)
  .transform((text) => Math.round(Number(text.slice(0, -1)) * 1000) / 1000);

/** Epoch milliseconds; finer fractions are cut off here, because the language promises to read three digits only. */
export const timestamp = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/)
  .transform((text) => Date.parse(text.replace(/(\.\d{3})\d+/, "$1")))
  .refine((time) => !Number.isNaN(time));

/** Text with something in it, without blanks around it. */
export const text = z.string().trim().min(1);
