// Control routes that only the Google side has, and what the shared ones need of it.

import { Hono } from "hono";
import { z } from "zod";
import { enqueuePushes } from "../deliveries.ts";
import { type Json, jsonResponse } from "../json.ts";
import type { State } from "../state.ts";
import { rotateKeys } from "./keys.ts";
import { hasGoogle, presetSubscriberId } from "./state.ts";
import { handshake } from "./subscribers.ts";

const rotationSchema = z.strictObject({ old: z.enum(["keep", "disable", "remove"]).default("keep") });

/** `POST /sim/google/rotate-keys` and `POST /sim/google/verify-subscriber`. */
export function controlGoogle(state: State): Hono {
  const app = new Hono();
  app.post("/sim/google/rotate-keys", async (context) => {
    if (!hasGoogle(state)) return jsonResponse(404, { error: "The Google side is off." });
    const text = await context.req.text();
    const parsed = rotationSchema.safeParse(text === "" ? {} : readJson(text));
    if (!parsed.success) {
      return jsonResponse(400, { error: "old: must be keep, disable or remove", where: "old" });
    }
    rotateKeys(state, parsed.data.old);
    return new Response(null, { status: 204 });
  });
  app.post("/sim/google/verify-subscriber", async (context) => {
    const id = context.req.query("id") ?? presetSubscriberId;
    const subscriber = hasGoogle(state) ? state.google.subscribers.get(id) : undefined;
    if (!subscriber) return jsonResponse(404, { error: `There is no subscriber ${id}.` });
    const result = await handshake(state, subscriber.endpointUri, subscriber.secret);
    return jsonResponse(200, { ...result });
  });
  return app;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The knobs as they are; undefined when the side is off. */
export function googleSettings(state: State): Json | undefined {
  return state.google ? { ...state.google.settings } : undefined;
}

/** Queues notifications that nothing caused for every active subscriber, in one push if they fit. */
export function replayGoogle(
  state: State,
  elements: readonly { readonly [key: string]: Json | undefined }[],
): void {
  if (!hasGoogle(state) || elements.length === 0) return;
  const notifications = elements.map((data) => ({
    providerUserId: String(data.healthUserId ?? ""),
    element: { data },
  }));
  for (const subscriber of state.google.subscribers.values()) {
    enqueuePushes(state, "google-health", notifications, state.google.settings.batchSize, subscriber.id);
  }
}
