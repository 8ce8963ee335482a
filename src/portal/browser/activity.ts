// Draws one activity: its route on a map, its course in charts, and one cursor over both. The pointer moves the cursor in the
// charts, the keyboard moves it on a slider, and what it stands at is told in words.

import { amountText, distanceText, measures, type SpeedMeasure, speedText } from "../activity-pace.ts";
import { type Axis, timeText } from "./activity-axis.ts";
import { type Chart, drawCharts } from "./activity-charts.ts";
import {
  amountsOf,
  type Columns,
  columnsOf,
  type DrawnDocument,
  nearest,
  overDistance,
  overTime,
  placesAlong,
  valueNear,
} from "./activity-columns.ts";
import { drawRoute } from "./activity-map.ts";

const place = document.getElementById("drawing-place");
if (place !== null) {
  place.hidden = false;
  await draw(place);
}

async function draw(place: HTMLElement): Promise<void> {
  const status = element("drawing-status", HTMLElement);
  const measure = place.dataset.measure as SpeedMeasure;
  try {
    const response = await fetch(place.dataset.document ?? "");
    if (!response.ok) throw new Error(`the document answered ${response.status}`);
    const columns = columnsOf((await response.json()) as DrawnDocument);
    status.remove();
    show(columns, measure, place.dataset.tiles ?? null);
  } catch (error) {
    status.textContent = "The map and the charts could not be drawn. Please reload the page in a minute.";
    throw error;
  }
}

function show(columns: Columns, measure: SpeedMeasure, tiles: string | null): void {
  const ground = document.getElementById("map");
  if (ground?.parentElement) ground.parentElement.hidden = false;
  const map = ground === null ? null : drawRoute(ground, columns, tiles);

  const speeds = amountsOf(measure, columns.metersPerSecond);
  const charts = chartsOf(columns, measure, speeds);
  const parent = element("charts", HTMLElement);
  const isEmpty = charts.length === 0 && map === null;
  parent.hidden = isEmpty;
  // A distance alone, as of a swim that was typed in, draws nothing: then no title stands over it.
  parent.closest("section")?.toggleAttribute("hidden", isEmpty);
  const places = placesAlong(columns);
  const along = indexedPlaces(places);
  const choice = element("axis", HTMLFieldSetElement);
  choice.hidden = along.places.length === 0 || charts.length === 0;

  let axis: Axis = "time";
  const slider = element("moment", HTMLInputElement);
  const values = element("moment-values", HTMLElement);
  const drawn = drawCharts(parent, charts, (at) => {
    moveTo(axis === "time" ? at : momentOf(at));
  });

  const last = columns.seconds.at(-1) ?? 0;
  slider.max = `${Math.ceil(last)}`;
  // Some 300 presses of an arrow key from end to end, however long it was.
  slider.step = `${Math.max(1, Math.round(last / 300))}`;
  slider.addEventListener("input", () => moveTo(slider.valueAsNumber, false));
  choice.addEventListener("change", () => {
    axis =
      choice.querySelector<HTMLInputElement>("input:checked")?.value === "distance" ? "distance" : "time";
    drawn.showAxis(axis);
    moveTo(moment);
  });
  let moment = 0;
  moveTo(0);

  function momentOf(kilometers: number): number {
    return columns.seconds[along.indices[nearest(along.places, kilometers)] ?? 0] ?? 0;
  }

  function moveTo(wanted: number, movesSlider = true): void {
    moment = Math.min(Math.max(wanted, 0), last);
    if (movesSlider) slider.value = `${moment}`;
    const near = (column: Float64Array) => valueNear(columns, column, moment);
    const told = [
      timeText(moment),
      text(near(columns.distanceMeters), distanceText),
      text(near(columns.heartRateBpm), (bpm) => `${Math.round(bpm)} bpm`),
      text(near(columns.altitudeMeters), (meters) => `${Math.round(meters)} m high`),
      text(near(speeds), () => speedText(measure, near(columns.metersPerSecond))),
    ];
    values.textContent = told.filter((part) => part !== null).join(" · ");
    slider.setAttribute("aria-valuetext", values.textContent);
    drawn.showPlace(axis === "time" ? moment : near(places));
    map?.showMoment(moment);
  }
}

function chartsOf(columns: Columns, measure: SpeedMeasure, speeds: Float64Array): Chart[] {
  const both = (values: Float64Array) => ({
    time: overTime(columns, values),
    distance: overDistance(columns, values),
  });
  const { title, unit, paceMeters } = measures[measure];
  const charts: Chart[] = [
    {
      title: "Heart rate",
      unit: "beats a minute",
      color: "--danger",
      series: both(columns.heartRateBpm),
      format: (bpm) => `${bpm}`,
    },
    {
      title: "Altitude",
      unit: "metres",
      color: "--good",
      series: both(columns.altitudeMeters),
      format: (meters) => `${meters}`,
      // Flat ground looks flat: less than 20 m of difference fills no chart.
      range: (least, most) => {
        const spare = Math.max(2, (20 - (most - least)) / 2);
        return [Math.floor(least - spare), Math.ceil(most + spare)];
      },
    },
    {
      title,
      unit,
      color: "--accent",
      series: both(speeds),
      format: (amount) => (paceMeters === null ? `${amount}` : amountText(measure, amount)),
      isUpsideDown: paceMeters !== null,
      range: speedRange(speeds),
    },
  ];
  return charts.filter(({ series }) => series.time[0].length > 0);
}

/** All but the outermost hundredth, so that a second at a crossing does not flatten the rest. */
function speedRange(speeds: Float64Array): () => [number, number] {
  const sorted = speeds.filter((speed) => !Number.isNaN(speed)).sort();
  const [least, most] = [0.01, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const spare = Math.max(0.25, ((most ?? 0) - (least ?? 0)) * 0.1);
  return () => [Math.max(0, (least ?? 0) - spare), (most ?? 0) + spare];
}

/** The records that have a place along the way, which ascends over them. */
function indexedPlaces(places: Float64Array): { places: number[]; indices: number[] } {
  const indices = [...places.keys()].filter((index) => !Number.isNaN(places[index]));
  return { indices, places: indices.map((index) => places[index] ?? 0) };
}

function text(value: number, words: (value: number) => string | null): string | null {
  return Number.isNaN(value) ? null : words(value);
}

function element<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}
