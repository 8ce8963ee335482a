// The route on a map. With a tile server it lies on its ground, without one on a plain one; marks are circles, so nothing is
// loaded for them. One finger scrolls the page and two move the map, and the wheel scrolls the page too.

import * as leaflet from "leaflet";
import type { Columns } from "./activity-columns.ts";
import { routeOf, valueNear } from "./activity-columns.ts";

export interface RouteMap {
  /** Puts the mark where the route was at a moment, in seconds since the start; nowhere where that is not known or the start itself. */
  showMoment(seconds: number): void;
}

/** Draws the route into `place`; null when there is none. `tiles` is a template for addresses of the ground's images. */
export function drawRoute(place: HTMLElement, columns: Columns, tiles: string | null): RouteMap | null {
  const route = routeOf(columns);
  const [start, end] = [route[0]?.[0], route.at(-1)?.at(-1)];
  if (start === undefined || end === undefined) return null;
  const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = leaflet.map(place, {
    attributionControl: false,
    dragging: matchMedia("(pointer: fine)").matches,
    scrollWheelZoom: false,
    inertia: moves,
    zoomAnimation: moves,
    fadeAnimation: moves,
    markerZoomAnimation: moves,
    maxZoom: 18,
  });
  const line = leaflet.polyline(route, { className: "route-line", weight: 4, interactive: false });
  map.fitBounds(line.getBounds(), { padding: [24, 24], maxZoom: 17, animate: false });
  if (tiles !== null) {
    // The page itself sends no referrer; some tile servers answer nobody without one. It names the origin and no page.
    leaflet.tileLayer(tiles, { maxZoom: 19, referrerPolicy: "origin" }).addTo(map);
  }
  line.addTo(map);
  const mark = (at: [number, number], name: string, radius: number) =>
    leaflet.circleMarker(at, { className: `mark ${name}`, radius, interactive: false });
  mark(end, "mark-end", 8).addTo(map);
  mark(start, "mark-start", 8).addTo(map);
  const cursor = mark(start, "mark-cursor", 5);
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(place);
  return {
    showMoment(seconds) {
      const latitude = valueNear(columns, columns.latitudeDegrees, seconds);
      const longitude = valueNear(columns, columns.longitudeDegrees, seconds);
      // At the start the ring says it; a disc inside would make another disc of it.
      if (seconds <= 0 || Number.isNaN(latitude) || Number.isNaN(longitude)) cursor.remove();
      else cursor.setLatLng([latitude, longitude]).addTo(map);
    },
  };
}
