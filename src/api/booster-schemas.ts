// What the booster routes take and answer: the posted activity, the options of each, and one shape of answer.

import { z } from "@hono/zod-openapi";
import { type ZoneModel, zoneModels, zoneStyles } from "../boosters/heart-rate-zones.ts";
import { postedActivitySchema } from "../boosters/posted-activity.ts";
import { parseActivityType } from "../boosters/type-mapper.ts";
import { activityTypes } from "../kernel/activity-types.ts";
import { userIdInput } from "./schemas.ts";

const activityInput = postedActivitySchema.openapi({
  type: "object",
  description:
    "A `StandardizedActivity` as protojson writes it, camelCase or snake_case. What a booster does not know goes through untouched.",
});

const typeInput = z
  .string()
  .transform((name, context) => {
    const type = parseActivityType(name);
    if (type !== null) return type;
    context.addIssue({ code: "custom", message: "a type of FitGlue's enum, or Strava's name of one" });
    return z.NEVER;
  })
  .openapi({
    type: "string",
    description: `One of FitGlue's ${activityTypes.length - 1} types, with or without \`ACTIVITY_TYPE_\`, or Strava's name (\`TrailRun\`).`,
    example: "ACTIVITY_TYPE_RUN",
  });

const bpmInput = z.number().min(0).max(300);

const zoneInput = z.strictObject({
  name: z.string().trim().min(1).max(40),
  minBpm: bpmInput.openapi({ description: "The zone begins with it." }),
  maxBpm: bpmInput
    .nullable()
    .optional()
    .openapi({ description: "The zone ends before it; the last zone may have none." }),
});

const zonesInput = z
  .array(zoneInput)
  .min(1)
  .max(10)
  .superRefine((zones, context) => {
    for (const [index, { minBpm, maxBpm }] of zones.entries()) {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: "custom", message, path: [index, field] });
      if (maxBpm == null && index < zones.length - 1)
        refuse("maxBpm", "only the last zone may be without it");
      if (maxBpm != null && maxBpm <= minBpm) refuse("maxBpm", "above the zone's `minBpm`");
      if (minBpm < (zones[index - 1]?.maxBpm ?? 0)) refuse("minBpm", "not below the end of the zone before");
    }
  });

export const heartRateBooster = z
  .strictObject({
    userId: userIdInput,
    activity: activityInput,
    options: z
      .strictObject({
        force: z
          .boolean()
          .default(false)
          .openapi({ description: "Replaces heart rate that the activity has already." }),
      })
      .prefault({}),
  })
  .openapi("FitbitHeartRateRequest");

export const zonesBooster = z
  .strictObject({
    userId: userIdInput.optional(),
    activity: activityInput,
    options: z
      .strictObject({
        model: z.enum(zoneModels).default("five").openapi({
          description:
            "`fitbit`: the provider's own bounds for this user. `five`: from 50, 60, 70, 80 and 90 % of the maximum. `three`: below 80 %, to 90 %, above. `custom`: `zones`.",
        }),
        maxHr: z.number().min(60).max(260).optional().openapi({
          description:
            "For `five` and `three`; else 220 − the user's age, where the provider tells it (Fitbit does).",
        }),
        zones: zonesInput.optional().openapi({ description: "For `custom`." }),
        style: z.enum(zoneStyles).default("emoji").openapi({
          description: "A line a zone: a bar and the time, the percentage and the time, or the time only.",
        }),
        barLength: z
          .int()
          .min(3)
          .max(10)
          .default(5)
          .openapi({ description: "For `emoji`: how many symbols." }),
      })
      .refine((options) => options.model !== "custom" || options.zones !== undefined, {
        path: ["zones"],
        message: "`custom` needs its zones",
      })
      .prefault({}),
  })
  .refine(({ userId, options }) => userId !== undefined || !needsUser(options), {
    path: ["userId"],
    message: "`fitbit` needs it, and `five` and `three` without `maxHr`",
  })
  .openapi("HeartRateZonesRequest");

function needsUser({ model, maxHr }: { readonly model: ZoneModel; readonly maxHr?: number | undefined }) {
  return model === "fitbit" || (model !== "custom" && maxHr === undefined);
}

export const typeBooster = z
  .strictObject({
    userId: userIdInput.optional(),
    activity: activityInput,
    options: z
      .strictObject({
        rules: z
          .array(
            z.strictObject({
              match: z.string().trim().min(1).max(200),
              mode: z.enum(["word", "substring"]).default("word"),
              type: typeInput,
            }),
          )
          .max(200)
          .default([])
          .openapi({ description: "In this order; the first that matches wins." }),
        defaultType: typeInput.optional(),
      })
      .prefault({}),
  })
  .openapi("TypeMapperRequest");

/** `activity` as it stands now, changed or not; `metadata` says why, or how well. */
export const boosterAnswer = z
  .object({
    activity: z.object({}).openapi({
      type: "object",
      additionalProperties: true,
      description: "As it stands now, in camelCase.",
    }),
    status: z.enum(["merged", "applied", "skipped", "retry", "failed"]).openapi({
      description:
        "`merged`, `applied`: done. `skipped`: nothing to do, for `metadata.reason`. `retry`: post the same again after `retryAfterSeconds`. `failed`: the provider failed, for `metadata.reason`.",
    }),
    retryAfterSeconds: z.int().optional().openapi({ description: "With `retry`." }),
    description: z.string().optional().openapi({ description: "Text to add to the activity's description." }),
    metadata: z
      .record(z.string(), z.unknown())
      .openapi({ description: "What was found, or `reason`: a word that stays the same." }),
  })
  .openapi("BoosterAnswer");
