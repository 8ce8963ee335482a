// The charts, one below the other over the same axis: time or distance. Their colours are the page's own, asked for anew at every
// drawing, so that a change from light to dark needs no more than one.

import uPlot from "uplot";
import { type Axis, timeText } from "./activity-axis.ts";
import type { Series } from "./activity-columns.ts";

export interface Chart {
  readonly title: string;
  readonly unit: string;
  /** Name of the CSS variable that the line is drawn in. */
  readonly color: string;
  readonly series: Readonly<Record<Axis, Series>>;
  readonly format: (value: number) => string;
  /** Least and most of the axis; where the lower value is better it stands above. */
  readonly range?: (least: number, most: number) => [number, number];
  readonly isUpsideDown?: boolean;
}

export interface Charts {
  /** Puts the cursor at a place of the axis in every chart. */
  showPlace(place: number): void;
  showAxis(axis: Axis): void;
}

const height = 170;

/**
 * Draws charts into `parent`.
 * @param onPlace is told the place of the axis that the pointer is at
 */
export function drawCharts(
  parent: HTMLElement,
  charts: readonly Chart[],
  onPlace: (place: number) => void,
): Charts {
  const colors = pageColors(parent);
  let drawn: { plot: uPlot; figure: HTMLElement }[] = [];
  let shown: Axis = "time";
  let place = 0;

  function putCursors(): void {
    for (const { plot } of drawn) {
      plot.setCursor({ left: plot.valToPos(place, "x"), top: plot.over.clientHeight / 2 }, false);
    }
  }

  function draw(axis: Axis): void {
    for (const { plot, figure } of drawn) {
      plot.destroy();
      figure.remove();
    }
    shown = axis;
    const ends = charts.flatMap(({ series }) => [series[axis][0][0] ?? 0, series[axis][0].at(-1) ?? 0]);
    const range: [number, number] = [Math.min(...ends), Math.max(...ends)];
    drawn = charts
      .filter(({ series }) => series[axis][0].length > 0)
      .map((chart) => drawOne(parent, chart, { axis, range, colors, onPlace }));
    // The pointer may leave: its place is still told in words and on the map.
    for (const { plot } of drawn) plot.over.addEventListener("pointerleave", () => setTimeout(putCursors));
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { plot } of drawn) plot.redraw(false, true);
    // A plot that is drawn anew, a moment later, has lost its cursor.
    setTimeout(putCursors);
  });
  new ResizeObserver(() => {
    for (const { plot, figure } of drawn) plot.setSize({ width: figure.clientWidth, height });
    setTimeout(putCursors);
  }).observe(parent);
  draw(shown);
  return {
    showAxis: draw,
    showPlace(wanted) {
      place = wanted;
      putCursors();
    },
  };
}

interface Drawing {
  readonly axis: Axis;
  readonly range: [number, number];
  readonly colors: (name: string) => string;
  readonly onPlace: (place: number) => void;
}

function drawOne(parent: HTMLElement, chart: Chart, { axis, range, colors, onPlace }: Drawing) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = `${chart.title} (${chart.unit})`;
  figure.append(caption);
  parent.append(figure);
  const series = chart.series[axis];
  const alone = isolated(series);
  const line: uPlot.Axis = {
    stroke: () => colors("--quiet"),
    grid: { stroke: () => colors("--edge"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  const plot = new uPlot(
    {
      width: figure.clientWidth,
      height,
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 8, fill: () => colors(chart.color) },
      },
      scales: {
        x: { time: false, range: () => range },
        y: {
          ...(chart.range === undefined
            ? {}
            : { range: (_plot, least, most) => rangeOf(chart, least, most) }),
          dir: chart.isUpsideDown === true ? -1 : 1,
        },
      },
      axes: [
        {
          ...line,
          size: 28,
          ...(axis === "time" ? { incrs: timeSteps } : {}),
          values: (_plot, places) =>
            places.map((place) => (axis === "time" ? timeText(place) : `${trimmed(place)} km`)),
        },
        { ...line, size: 52, values: (_plot, values) => values.map((value) => chart.format(value)) },
      ],
      series: [
        {},
        {
          stroke: () => colors(chart.color),
          width: 1.5,
          points: {
            size: 4,
            fill: () => colors(chart.color),
            filter: (_plot, _series, show) => (show ? null : alone),
          },
        },
      ],
    },
    series,
    figure,
  );
  plot.over.addEventListener("pointermove", ({ offsetX }) => onPlace(plot.posToVal(offsetX, "x")));
  return { plot, figure };
}

/** Steps of a time axis, in seconds. */
const timeSteps = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800];

function rangeOf({ range }: Chart, least: number | null, most: number | null): [number, number] {
  return range === undefined || least === null || most === null ? [0, 1] : range(least, most);
}

/** Samples without a neighbour: no line reaches them, so they are drawn as points however many there are. */
function isolated([, values]: Series): number[] {
  return values.flatMap((value, index) =>
    value !== null && (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null
      ? [index]
      : [],
  );
}

function trimmed(place: number): string {
  return `${Math.round(place * 100) / 100}`;
}

/** Reads a CSS variable as the colour that it is now: `light-dark()` is decided where a colour is used, not where it is named. */
function pageColors(parent: HTMLElement): (name: string) => string {
  const probe = document.createElement("span");
  probe.hidden = true;
  parent.append(probe);
  return (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
}
