// The page of one activity. The server writes everything that can be told in words and tables; the map and the charts are drawn
// by a script, into places that without one say so.

import type { Completeness, FeedActivity } from "../activities/document.ts";
import { canExport, type ExportFormat, exportFormats } from "../activities/exports/export.ts";
import type { MapTiles } from "../kernel/configuration.ts";
import type { HeartRateZone } from "../providers/port.ts";
import { figuresOf } from "./activity-figures.ts";
import type { Lap } from "./activity-laps.ts";
import type { ActivityOverview } from "./activity-overview.ts";
import { amountOf, amountText, distanceText, measureOf, measures } from "./activity-pace.ts";
import { mayStillCome, settlingSentence, spanText, streamFigures, streamSentence } from "./activity-words.ts";
import { clockText, durationText, offsetText, relativeTime } from "./times.ts";

export interface ActivityContentProps {
  readonly overview: ActivityOverview;
  readonly mapTiles: MapTiles | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Everything below the page's title. */
export function ActivityContent({ overview, mapTiles, now }: ActivityContentProps) {
  const { row, activity, laps } = overview;
  return (
    <>
      {row.sequence === null ? <Settling overview={overview} now={now} /> : null}
      <dl class="facts">
        {figuresOf(activity).map(({ name, value }) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <Drawing overview={overview} mapTiles={mapTiles} />
      {activity.heartRateZones === undefined || activity.heartRateZones.length === 0 ? null : (
        <Zones zones={activity.heartRateZones} />
      )}
      <Laps laps={laps} activity={activity} />
      <Holdings overview={overview} />
      <Downloads overview={overview} />
      <p class="quiet">
        Revision {row.revision}, as of {relativeTime(row.updatedAt, now)}
        {row.revision > 1 ? ": it has changed since it was first synced" : ""}.{" "}
        <a href="/portal/history">All activities</a>
      </p>
    </>
  );
}

const streamTitles: Readonly<Record<keyof Completeness, string>> = { gps: "Route", heartRate: "Heart rate" };

/** Why it is not in FitGlue yet, and until when at the latest. */
function Settling({ overview: { row, activity }, now }: { overview: ActivityOverview; now: number }) {
  const late = (["gps", "heartRate"] as const).filter((name) =>
    mayStillCome(name, activity.completeness[name]),
  );
  const what = late.map((name) => streamTitles[name].toLowerCase()).join(" and ") || "something";
  const offset = activity.utcOffsetSeconds;
  return (
    <p class="notice" role="status">
      <strong>This activity is not in FitGlue yet.</strong> Its {what} may still arrive. It goes to FitGlue
      when it is complete,{" "}
      {row.settlesAt === null || row.settlesAt <= now
        ? "or within minutes as it is."
        : `or as it is at ${clockText(row.settlesAt, offset)} (${offsetText(offset)}), ${relativeTime(row.settlesAt, now)}.`}
    </p>
  );
}

/** Where the script draws. What it needs to know stands in attributes, because no script may stand in a page. */
function Drawing({ overview, mapTiles }: Pick<ActivityContentProps, "overview" | "mapTiles">) {
  const { activity, laps } = overview;
  const { gps, heartRate } = activity.completeness;
  const hasRoute = gps.samples > 0;
  if (laps === null || (!hasRoute && heartRate.samples === 0 && (activity.distanceMeters ?? 0) === 0))
    return null;
  return (
    <section aria-labelledby="drawing">
      <h2 id="drawing">{hasRoute ? "Route and course" : "Course"}</h2>
      <noscript>
        <p class="notice">
          The {hasRoute ? "map and the charts need" : "charts need"} JavaScript. Everything else on this page
          works without it.
        </p>
      </noscript>
      <div
        id="drawing-place"
        hidden
        data-document={`/portal/activities/${activity.id}/document.json`}
        data-measure={measureOf(activity.type)}
        data-tiles={mapTiles?.urlTemplate}
      >
        <p id="drawing-status" role="status">
          Loading…
        </p>
        {hasRoute ? (
          <figure class="route" hidden>
            <section id="map" aria-label="Map of the route" />
            <figcaption class="quiet">
              The ring is the start, the large disc the end, the small one the moment that is chosen below.
              {mapTiles === null || mapTiles.attribution === "" ? null : (
                <> Map: {withLinks(mapTiles.attribution)}</>
              )}
            </figcaption>
          </figure>
        ) : null}
        <div id="charts" hidden>
          <fieldset class="choice" id="axis">
            <legend>Charts over</legend>
            <label>
              <input type="radio" name="axis" value="time" checked /> time
            </label>
            <label>
              <input type="radio" name="axis" value="distance" /> distance
            </label>
          </fieldset>
          <p class="cursor">
            <label for="moment">Moment</label>
            <input type="range" id="moment" min="0" max="1" step="1" value="0" />
            <output id="moment-values" for="moment" aria-live="off" />
          </p>
        </div>
      </div>
    </section>
  );
}

function Zones({ zones }: { zones: readonly HeartRateZone[] }) {
  const most = Math.max(...zones.map(({ minutes }) => minutes));
  return (
    <section aria-labelledby="zones">
      <h2 id="zones">Heart rate zones</h2>
      <table class="zones">
        <thead>
          <tr>
            <th scope="col">Zone</th>
            <th scope="col">Beats a minute</th>
            <th scope="col">Time</th>
            <td class="bar-column" />
          </tr>
        </thead>
        <tbody>
          {zones.map((zone, index) => (
            <tr>
              <th scope="row">{zone.name}</th>
              <td class="range">{rangeText(zone)}</td>
              <td class="time">{zone.minutes === 0 ? "none" : spanText(zone.minutes * 60)}</td>
              <td class="bar-column">
                <svg width="100%" height="14" aria-hidden="true">
                  <rect
                    class={`zone-${Math.min(index + 1, 4)}`}
                    width={`${most > 0 ? Math.round((zone.minutes / most) * 1000) / 10 : 0}%`}
                    height="14"
                    rx="3"
                  />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function rangeText({ minBpm, maxBpm }: HeartRateZone): string {
  return minBpm === undefined || maxBpm === undefined ? "not known" : `${minBpm} to ${maxBpm}`;
}

function Laps({ laps, activity }: { laps: readonly Lap[] | null; activity: FeedActivity }) {
  if (laps === null || laps.length < 2) {
    return laps === null ? (
      <p class="notice bad">
        The records of this activity cannot be shown now. Please try again in a minute.
      </p>
    ) : null;
  }
  const measure = measureOf(activity.type);
  const { title, unit } = measures[measure];
  // Where all are of one kind it tells nothing, and on a phone it takes the place of what does.
  const hasIntensity = new Set(laps.map(({ intensity }) => intensity)).size > 1;
  return (
    <section aria-labelledby="laps">
      <h2 id="laps">Laps</h2>
      <section class="scroll" aria-label="Table of laps" tabindex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">
                Lap
              </th>
              <th scope="col">Began</th>
              <th scope="col" class="number">
                Duration
              </th>
              <th scope="col" class="number">
                Distance
              </th>
              <th scope="col" class="number">
                {title} ({unit})
              </th>
              {hasIntensity ? <th scope="col">Kind</th> : null}
            </tr>
          </thead>
          <tbody>
            {laps.map((lap, index) => (
              <tr>
                <th scope="row" class="number">
                  {index + 1}
                </th>
                <td>{clockText(Date.parse(lap.startTime), activity.utcOffsetSeconds)}</td>
                <td class="number">{durationText(lap.totalElapsedTime)}</td>
                <td class="number">
                  {lap.totalDistance === undefined ? "–" : distanceText(lap.totalDistance)}
                </td>
                <td class="number">{paceOfLap(lap, activity) ?? "–"}</td>
                {hasIntensity ? <td>{lap.intensity ?? "–"}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function paceOfLap(lap: Lap, activity: FeedActivity): string | null {
  if (lap.totalDistance === undefined || lap.totalDistance <= 0 || lap.totalElapsedTime <= 0) return null;
  const measure = measureOf(activity.type);
  const amount = amountOf(measure, lap.totalDistance / lap.totalElapsedTime);
  return amount === null ? null : amountText(measure, amount);
}

/** How complete it is, in words and in figures. While it settles nothing is said of why something is not there. */
function Holdings({ overview: { row, activity } }: { overview: ActivityOverview }) {
  const isSettling = row.sequence === null;
  return (
    <section aria-labelledby="holdings">
      <h2 id="holdings">What was measured</h2>
      {(["gps", "heartRate"] as const).map((name) => {
        const stream = activity.completeness[name];
        return (
          <>
            <h3>{streamTitles[name]}</h3>
            <p>
              {isSettling ? settlingSentence(name, stream) : streamSentence(name, stream)}
              {stream.samples === 0 ? null : <span class="quiet"> {streamFigures(stream)}</span>}
            </p>
          </>
        );
      })}
    </section>
  );
}

const exportTitles: Readonly<Record<ExportFormat, string>> = {
  tcx: "Laps, route and heart rate for training programs (TCX)",
  gpx: "The route with heart rate for maps and navigation (GPX)",
  geojson: "The route with heart rate for drawing (GeoJSON)",
  fit: "Records, laps and totals for Garmin and other training programs (FIT)",
};

/** What has nothing in it but the route. */
const routeFormats: readonly ExportFormat[] = ["gpx", "geojson"];

function Downloads({ overview: { row, activity } }: { overview: ActivityOverview }) {
  const path = `/portal/activities/${activity.id}`;
  const hasRoute = activity.completeness.gps.samples > 0;
  const formats = exportFormats.filter(
    (format) => canExport(row, format) && (hasRoute || !routeFormats.includes(format)),
  );
  return (
    <section aria-labelledby="downloads">
      <h2 id="downloads">Downloads</h2>
      <ul>
        <li>
          <a href={`${path}/document.json`} download={`${activity.id}.json`}>
            The activity as FitGlue gets it (JSON)
          </a>
        </li>
        {row.tcxKey === null ? null : (
          <li>
            <a href={`${path}/original.tcx`}>The original file from your provider (TCX)</a>
          </li>
        )}
        {formats.map((format) => (
          <li>
            <a href={`${path}/export.${format}`}>{exportTitles[format]}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Plain text whose https addresses are links. */
function withLinks(text: string) {
  return text
    .split(/(https:\/\/[^\s()]+)/)
    .map((part, index) => (index % 2 === 1 ? <a href={part}>{part.replace("https://", "")}</a> : part));
}
