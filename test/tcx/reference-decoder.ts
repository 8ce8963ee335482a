// A second TCX decoder, slow and simple, to hold the real one against: a strict XML parser makes a tree (saxes, or txml
// for files that saxes has accepted), and plain rules over the tree make the activities, in the form of `plain`.
// It shares no code with src/tcx, and takes numbers and times from the language itself.

import { SaxesParser } from "saxes";
import { parse, type TNode } from "txml/txml";

interface Node {
  local: string;
  namespace: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
}

/** What saxes makes of a text: the root element, or its refusal. A DOCTYPE counts as one. */
export function saxesTree(text: string): Node | Error {
  const parser = new SaxesParser({ xmlns: true });
  const top: Node = { local: "", namespace: "", attributes: {}, children: [], text: "" };
  const open = [top];
  let problem: Error | null = null;
  parser.on("error", (error) => {
    problem ??= error;
  });
  parser.on("doctype", () => {
    problem ??= new Error("doctype");
  });
  parser.on("opentag", (tag) => {
    const attributes: Record<string, string> = {};
    for (const [name, attribute] of Object.entries(tag.attributes))
      attributes[name.toLowerCase()] = attribute.value;
    const node = { local: tag.local, namespace: tag.uri, attributes, children: [], text: "" };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on("closetag", () => open.pop());
  const take = (data: string) => {
    const node = open.at(-1);
    if (node !== undefined) node.text += data;
  };
  parser.on("text", take);
  parser.on("cdata", take);
  parser.write(text).close();
  return problem ?? top.children[0] ?? new Error("no root");
}

/** What txml makes of a text without prefixes, comments or DOCTYPE. */
export function txmlTree(text: string): Node {
  const convert = (node: TNode): Node => ({
    local: node.tagName,
    namespace: "",
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, value]) => [name.toLowerCase(), value ?? ""]),
    ),
    children: node.children.filter((child) => typeof child === "object").map(convert),
    text: node.children.filter((child) => typeof child === "string").join(""),
  });
  const root = parse(text, { selfClosingTags: [], decodeEntities: true, skipXmlDeclaration: true }).find(
    (node) => typeof node === "object",
  );
  if (typeof root !== "object") throw new Error("no root");
  return convert(root);
}

/** The activities of a tree, in the form of `plain`. */
export function referenceActivities(root: Node): unknown[] {
  const all = (parents: Node[], name: string) =>
    parents.flatMap((parent) =>
      parent.children.filter((child) => child.local === name && child.namespace === root.namespace),
    );
  if (root.local !== "TrainingCenterDatabase") return [];
  const holders = all([root], "Activities");
  // In the order of the file: an activity stands in <Activities> or in one sport of a multisport session.
  const activities = holders.flatMap((holder) =>
    holder.children.flatMap((child) => {
      if (child.namespace !== root.namespace) return [];
      if (child.local === "Activity") return [child];
      if (child.local !== "MultiSportSession") return [];
      return child.children
        .filter(
          (sport) => ["FirstSport", "NextSport"].includes(sport.local) && sport.namespace === root.namespace,
        )
        .flatMap((sport) => all([sport], "Activity"));
    }),
  );
  return activities.map((activity) => {
    const first = (parent: Node | undefined, name: string) =>
      parent === undefined ? undefined : all([parent], name)[0];
    const text = (parent: Node | undefined, name: string) => first(parent, name)?.text.trim();
    const counts = { trackpoints: 0, positions: 0, heartRates: 0, altitudes: 0 };
    const dropped = { points: 0, values: 0 };
    const samples: Record<
      "time" | "latitude" | "longitude" | "altitude" | "distance" | "heartRate",
      (number | null)[]
    > = {
      time: [],
      latitude: [],
      longitude: [],
      altitude: [],
      distance: [],
      heartRate: [],
    };
    const value = (given: string | undefined, lowest: number, highest: number) => {
      if (given === undefined) return null;
      const read = number(given, lowest, highest);
      if (read === null) dropped.values++;
      return read;
    };
    const beats = (group: Node | undefined) => {
      const read = value(group && (text(group, "Value") ?? ""), 1, 254);
      return read === null ? null : Math.round(read);
    };
    const laps = all([activity], "Lap").map((lap) => {
      const firstSample = samples.time.length;
      for (const point of all(all([lap], "Track"), "Trackpoint")) {
        counts.trackpoints++;
        const position = first(point, "Position");
        const altitude = text(point, "AltitudeMeters");
        const heartRate = first(point, "HeartRateBpm");
        if (position !== undefined) counts.positions++;
        if (altitude !== undefined) counts.altitudes++;
        if (heartRate !== undefined) counts.heartRates++;
        const time = timeOf(text(point, "Time") ?? "");
        if (time === null) {
          dropped.points++;
          continue;
        }
        const latitude = number(text(position, "LatitudeDegrees") ?? "", -90, 90);
        const longitude = number(text(position, "LongitudeDegrees") ?? "", -180, 180);
        const fix = latitude !== null && longitude !== null && !(latitude === 0 && longitude === 0);
        if (position !== undefined && !fix) dropped.values++;
        samples.time.push(time);
        samples.latitude.push(fix ? latitude : null);
        samples.longitude.push(fix ? longitude : null);
        samples.altitude.push(value(altitude, -Infinity, Infinity));
        samples.distance.push(value(text(point, "DistanceMeters"), -Infinity, Infinity));
        samples.heartRate.push(beats(heartRate));
      }
      const startTime = lap.attributes.starttime;
      const startTimeMilliseconds = startTime === undefined ? null : timeOf(startTime);
      if (startTime !== undefined && startTimeMilliseconds === null) dropped.values++;
      return {
        startTimeMilliseconds,
        totalTimeSeconds: value(text(lap, "TotalTimeSeconds"), 0, Infinity),
        distanceMeters: value(text(lap, "DistanceMeters"), 0, Infinity),
        calories: value(text(lap, "Calories"), 0, Infinity),
        averageHeartRateBpm: beats(first(lap, "AverageHeartRateBpm")),
        maximumHeartRateBpm: beats(first(lap, "MaximumHeartRateBpm")),
        intensity: text(lap, "Intensity") || null,
        trackCount: all([lap], "Track").length,
        firstSample,
        sampleCount: samples.time.length - firstSample,
      };
    });
    const id = text(activity, "Id") || null;
    return {
      sport: activity.attributes.sport ?? "",
      id,
      startTimeMilliseconds: id === null ? null : timeOf(id),
      creatorName: text(first(activity, "Creator"), "Name") || null,
      laps,
      tracks: laps.reduce((sum, lap) => sum + lap.trackCount, 0),
      samples,
      counts,
      dropped,
    };
  });
}

function number(text: string, lowest: number, highest: number): number | null {
  if (!/^[-+.\deE]+$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= lowest && value <= highest ? value : null;
}

function timeOf(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d|[+-]\d\d)?$/.exec(text);
  if (match === null) return null;
  const day = /^\d{4}-\d\d-(\d\d)/.exec(text)?.[1];
  const zone = (match[2] ?? "Z").replace(
    /^([+-]\d\d):?(\d\d)?$/,
    (_, hours, minutes) => `${hours}:${minutes ?? "00"}`,
  );
  const time = Date.parse(`${match[1]}${zone}`);
  // V8 lets 31 February pass as 3 March.
  const calendar = Date.parse(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(calendar).getUTCDate() !== Number(day)) return null;
  return time;
}
