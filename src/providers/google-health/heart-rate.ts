// Heart-rate samples of a window of at most a day, page by page, in absolute time. They come newest first, one every 2 to 5 s
// from a watch, and from every source that measured: the watch and, by way of a phone, a strap (Google Health reference §5.1).
// Nothing is interpolated, and where sources share a second one of them speaks.

import { z } from "zod";
import type {
  CallContext,
  HeartRatePage,
  HeartRateRequest,
  HeartRateSample,
  MissingReason,
  ProviderResult,
} from "../port.ts";
import { badResponse, callForJson, failed, type GoogleHealthApi, type Refusal } from "./call.ts";
import { dataSourceShape, ownPlatform, sourceKey } from "./data-source.ts";
import { physicalTime, rangeQuery } from "./filter.ts";
import { lenient, number, timestamp } from "./json.ts";

const path = "/v4/users/me/dataTypes/heart-rate/dataPoints";
/** The documented most. Without it 50 come, whatever the documentation says (observed). */
const pageSize = 10_000;
const second = 1000;

const pageShape = z.object({
  dataPoints: z.array(z.unknown()).optional(),
  nextPageToken: z.string().optional(),
});
const pointShape = z.object({
  dataSource: lenient(dataSourceShape),
  heartRate: z.object({ sampleTime: z.object({ physicalTime: timestamp }), beatsPerMinute: number }),
});

type Point = z.infer<typeof pointShape>;

/** One page of the samples between two instants. Needs the scope `heartrate`. An empty page need not be the last. */
export async function fetchHeartRate(
  api: GoogleHealthApi,
  context: CallContext,
  request: HeartRateRequest,
  page: string | null,
): Promise<ProviderResult<HeartRatePage>> {
  const query = rangeQuery({
    field: "heart_rate.sample_time.physical_time",
    from: physicalTime(request.startTime),
    // The end is left out of a range, and samples are stamped to the second.
    until: physicalTime(Math.ceil(request.endTime / second) * second + second),
    pageSize,
    pageToken: page,
  });
  const answer = await callForJson(api, context, `${path}?${query}`);
  if (!answer.ok) {
    const reason = reasonOf(answer);
    if (reason === null) return failed(answer);
    return { ok: true, value: { result: { kind: "missing", reason }, nextPage: null }, rate: null };
  }
  const parsed = pageShape.safeParse(answer.json);
  if (!parsed.success) return unreadable;
  const nextPage = parsed.data.nextPageToken || null;
  if (nextPage !== null && nextPage === page) return unreadable;

  const rows = parsed.data.dataPoints ?? [];
  const points = rows.flatMap((row) => {
    const point = pointShape.safeParse(row);
    return point.success ? [point.data] : [];
  });
  // Not one row that can be read is another format, which must not pass for a user without a watch.
  if (rows.length > 0 && points.length === 0) return unreadable;
  const samples = onePerSecond(points, request);
  const result =
    samples.length === 0
      ? ({ kind: "missing", reason: "not_worn" } as const)
      : ({ kind: "samples", samples, timeBasis: "utc" } as const);
  return { ok: true, value: { result, nextPage }, rate: null };
}

const unreadable = failed<HeartRatePage>({ error: badResponse("The provider's heart rate cannot be read.") });

/** Refusals that are answers, as for a route. Null where the call failed, or where more is refused than this. */
function reasonOf({ status, error }: Refusal): MissingReason | null {
  if (error.code === "scope_missing") return "scope_not_granted";
  // Without a reason, and in answer to this alone, 403 says nothing of the account: the list will, if there is more to it.
  return status === 403 && error.code === "unauthorized" ? "provider_refused" : null;
}

/** Samples within the window, ascending; of those of one second the one whose source is nearest to the activity's own. */
function onePerSecond(points: readonly Point[], request: HeartRateRequest): readonly HeartRateSample[] {
  const bySecond = new Map<number, { readonly sample: HeartRateSample; readonly distance: number }>();
  for (const { dataSource, heartRate } of points) {
    const time = heartRate.sampleTime.physicalTime;
    const bpm = heartRate.beatsPerMinute;
    // No heart rate of a living person.
    if (!Number.isInteger(bpm) || bpm < 1 || bpm > 254) continue;
    if (time <= request.startTime - second || time >= request.endTime + second) continue;
    const distance = distanceOf(dataSource, request.recordedWith);
    const key = Math.floor(time / second);
    const known = bySecond.get(key);
    if (known === undefined || distance < known.distance)
      bySecond.set(key, { sample: { time, bpm }, distance });
  }
  return [...bySecond.values()].map(({ sample }) => sample).sort((one, other) => one.time - other.time);
}

/** 0 what recorded the activity, 1 a device of the provider's own, 2 anything else. */
function distanceOf(source: Point["dataSource"], recordedWith: string | undefined): number {
  if (recordedWith !== undefined && sourceKey(source) === recordedWith) return 0;
  return source?.platform === ownPlatform ? 1 : 2;
}
