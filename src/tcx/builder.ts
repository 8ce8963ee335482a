// Turns what the scanner passes into activities. Of each record (activity, lap, trackpoint) it keeps an outline: the
// elements of the vocabulary that lie in it, once each, in one plain form. When the record ends, `fields.ts` reads it.
// The outline is as long as the vocabulary allows, however long the record in the file is.

import type { TcxActivity, TcxLap } from "./document.ts";
import { readActivity, readLap, readTrackpoint, type TrackpointFields } from "./fields.ts";
import { SampleTable, type TrackpointReading } from "./samples.ts";
import type { Next, ScanHandler } from "./scanner.ts";
import type { Attribute } from "./start-tag.ts";
import type { SlotMark, TemplateSet, TrackpointTemplate } from "./template.ts";
import { type Element, type RecordKind, rootElement } from "./vocabulary.ts";

/** Activities and laps are objects, so their number is bounded apart from the samples. */
const activityLimit = 1_000;
const lapLimit = 20_000;

interface Outline {
  markup: string;
  seen: number;
}

export class ActivityBuilder implements ScanHandler {
  readonly activities: TcxActivity[] = [];
  rootName = "";
  trackpoints = 0;
  laps = 0;

  readonly #templates: TemplateSet;
  /** The open elements; null for one that is passed over. */
  readonly #open: (Element | null)[] = [];
  #rootNamespace = "";
  readonly #outlines: Record<RecordKind, Outline> = {
    activity: { markup: "", seen: 0 },
    lap: { markup: "", seen: 0 },
    trackpoint: { markup: "", seen: 0 },
  };
  #activity = new ActivityInProgress();
  #lapFirstSample = 0;
  #lapTracks = 0;

  // The trackpoint at hand as a candidate for a template: where it starts in the chunk (-1: not one), its texts.
  #candidateStart = -1;
  #candidateMarks: SlotMark[] = [];
  #candidateIsComplete = false;

  constructor(templates: TemplateSet) {
    this.#templates = templates;
  }

  /** Whether the innermost open element is a track, where trackpoints may follow. */
  get isInTrack(): boolean {
    return this.#open.at(-1)?.role === "track";
  }

  /** What there is more of than the decoder holds, or null. */
  get excess(): string | null {
    if (this.activities.length > activityLimit) return `there are more than ${activityLimit} activities`;
    return this.laps > lapLimit ? `there are more than ${lapLimit} laps` : null;
  }

  open(localName: string, namespace: string, attributes: readonly Attribute[]): Next {
    const element = this.#recognize(localName, namespace);
    this.#open.push(element);
    if (element === null) return "skip";
    const outline = this.#outlines[element.record];
    switch (element.role) {
      case "outer":
        break;
      case "record":
        this.#beginRecord(element.record, outline, attributes);
        break;
      case "track":
        this.#lapTracks++;
        this.#activity.tracks++;
        this.#templates.clear();
        break;
      case "group":
      case "value":
        outline.seen |= element.bit;
        outline.markup += `<${element.name}>`;
    }
    return element.role === "value" ? "keep" : "skip";
  }

  close(text: string): Next {
    const element = this.#open.pop() ?? null;
    if (element !== null) {
      const outline = this.#outlines[element.record];
      if (element.role === "value") outline.markup += `${escaped(text)}</${element.name}>`;
      if (element.role === "group") outline.markup += `</${element.name}>`;
      if (element.role === "record") {
        outline.markup += `</${element.name}>`;
        this.#finishRecord(element.record, outline.markup);
        if (element.record === "trackpoint") return "pause";
      }
    }
    return this.#open.at(-1)?.role === "value" ? "keep" : "skip";
  }

  text(start: number, end: number, blank: boolean): void {
    if (this.isInTrack) {
      this.#candidateStart = blank ? start : -1;
      this.#candidateMarks = [];
    } else if (!blank && this.#candidateStart !== -1) {
      this.#candidateMarks.push({ start, end, slot: this.#open.at(-1)?.slot ?? "none" });
    }
  }

  /** What a comment, a CDATA section or an entity contributes to a value cannot be told from the markup around it. */
  irregular(): void {
    this.#candidateStart = -1;
  }

  /** Takes a trackpoint that the fast path has read. */
  addUsual(reading: TrackpointReading, template: TrackpointTemplate): void {
    this.trackpoints++;
    this.#activity.countTrackpoint(template);
    this.#activity.samples.append(reading);
  }

  /** Makes a template of the trackpoint that ended just before byte `end` of the chunk, if it is fit for one. */
  learn(view: DataView, end: number): void {
    if (this.#candidateIsComplete)
      this.#templates.learn(view, this.#candidateStart, end, this.#candidateMarks);
    this.forgetCandidate();
  }

  /** To be called when the chunk changes, since a candidate lies in one chunk. */
  forgetCandidate(): void {
    this.#candidateStart = -1;
    this.#candidateIsComplete = false;
  }

  /** An element of the vocabulary in its place, in the namespace of the root, for the first time in its record. */
  #recognize(localName: string, namespace: string): Element | null {
    if (this.#open.length === 0) {
      this.rootName = localName;
      this.#rootNamespace = namespace;
      return localName === rootElement.name ? rootElement : null;
    }
    if (namespace !== this.#rootNamespace) return null;
    const element = this.#open.at(-1)?.children.get(localName);
    if (element === undefined || (this.#outlines[element.record].seen & element.bit) !== 0) return null;
    return element;
  }

  #beginRecord(record: RecordKind, outline: Outline, attributes: readonly Attribute[]): void {
    outline.seen = 0;
    switch (record) {
      case "activity":
        this.#activity = new ActivityInProgress();
        outline.markup = `<Activity${attributeMarkup("Sport", attributes)}>`;
        break;
      case "lap":
        this.#lapFirstSample = this.#activity.samples.count;
        this.#lapTracks = 0;
        outline.markup = `<Lap${attributeMarkup("StartTime", attributes)}>`;
        break;
      case "trackpoint":
        outline.markup = "<Trackpoint>";
    }
  }

  #finishRecord(record: RecordKind, markup: string): void {
    if (record === "activity") this.activities.push(this.#activity.finish(markup));
    else if (record === "lap") this.#finishLap(markup);
    else this.#finishTrackpoint(readTrackpoint(markup));
  }

  #finishLap(markup: string): void {
    this.laps++;
    const { lap, droppedValues } = readLap(markup);
    const firstSample = this.#lapFirstSample;
    const sampleCount = this.#activity.samples.count - firstSample;
    this.#activity.laps.push({ ...lap, trackCount: this.#lapTracks, firstSample, sampleCount });
    this.#activity.droppedValues += droppedValues;
  }

  #finishTrackpoint(fields: TrackpointFields): void {
    this.trackpoints++;
    this.#activity.countTrackpoint(fields);
    if (!fields.hasTime) {
      this.#activity.droppedPoints++;
      return;
    }
    this.#activity.droppedValues += fields.droppedValues;
    this.#activity.samples.append(fields.reading);
    // All that is there was read, so a template gives the same: each value has its one text, and no text is left out.
    const slots = this.#candidateMarks.map((mark) => mark.slot).filter((slot) => slot !== "none");
    const eachOnce = new Set(slots).size === slots.length;
    const sound = fields.droppedValues === 0 && eachOnce;
    this.#candidateIsComplete = sound && this.#candidateStart !== -1;
  }
}

/** What is known of an activity before its end tag. */
class ActivityInProgress {
  readonly laps: TcxLap[] = [];
  readonly samples = new SampleTable();
  tracks = 0;
  droppedPoints = 0;
  droppedValues = 0;
  #trackpoints = 0;
  #positions = 0;
  #heartRates = 0;
  #altitudes = 0;

  countTrackpoint(has: { hasPosition: boolean; hasAltitude: boolean; hasHeartRate: boolean }): void {
    this.#trackpoints++;
    if (has.hasPosition) this.#positions++;
    if (has.hasAltitude) this.#altitudes++;
    if (has.hasHeartRate) this.#heartRates++;
  }

  finish(markup: string): TcxActivity {
    return {
      ...readActivity(markup),
      laps: this.laps,
      tracks: this.tracks,
      samples: this.samples.finish(),
      counts: {
        trackpoints: this.#trackpoints,
        positions: this.#positions,
        heartRates: this.#heartRates,
        altitudes: this.#altitudes,
      },
      dropped: { points: this.droppedPoints, values: this.droppedValues },
    };
  }
}

/** The attribute in an outline; its name in any case, because exporters exist that write `sport`. */
function attributeMarkup(name: string, attributes: readonly Attribute[]): string {
  const wanted = name.toLowerCase();
  const attribute = attributes.find(({ prefix, local }) => prefix === "" && local.toLowerCase() === wanted);
  return attribute === undefined ? "" : ` ${name}="${escaped(attribute.value)}"`;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return /[&<>"]/.test(text) ? text.replace(/[&<>"]/g, (found) => escapes[found] ?? found) : text;
}
