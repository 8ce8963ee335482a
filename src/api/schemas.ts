// Pieces of input and output that several routes share. What leaves is described as loosely as a client should read it;
// what comes in is held to exactly what the page of routes promises.

import { z } from "@hono/zod-openapi";
import { userIdPattern } from "../kernel/ids.ts";

export const userIdInput = z
  .string()
  .regex(userIdPattern, "1 to 128 of A-Z, a-z, 0-9 and ._~-")
  .openapi({ description: "FitGlue's own id of the user.", example: "user-1" });

const limitText = "a whole number from 1 to 200";

export const limitInput = z
  .string()
  .regex(/^\d{1,3}$/, limitText)
  .transform(Number)
  .pipe(z.int(limitText).min(1, limitText).max(200, limitText))
  .default(50)
  .openapi({ description: "How many at most.", type: "integer", minimum: 1, maximum: 200, default: 50 });

export const pageTokenInput = z
  .string()
  .optional()
  .openapi({ description: "`nextPageToken` of the answer before." });

export const timeOutput = z.string().openapi({ format: "date-time", example: "2026-09-02T01:54:51.000Z" });

/** Epoch milliseconds as RFC 3339; null stays null. */
export function timeText(milliseconds: number): string;
export function timeText(milliseconds: number | null): string | null;
export function timeText(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
