// The fast path. A file's trackpoints are written by one program, so the markup of the next one is the markup of one
// before it, and only the values differ. A trackpoint that the scanner has proven and the careful path has read gives
// a template: the bytes between its values. Where those bytes come again in the same track, they are well-formed for
// the same reason, and what stands between them may only be a number, a time or plain text. So a usual trackpoint
// costs a comparison of eight bytes at a time and its digits, with no check left out. Anything else goes the careful way.

import type { ByteCursor, CursorOutcome } from "./byte-cursor.ts";
import type { TrackpointReading } from "./samples.ts";
import type { Slot } from "./vocabulary.ts";

/** A text in a trackpoint: bytes `start` to `end - 1` of the chunk. */
export interface SlotMark {
  readonly start: number;
  readonly end: number;
  readonly slot: Slot;
}

/** A trackpoint longer than this is not worth a template, and the carry between chunks stays below it. */
export const longestTrackpoint = 16_384;
/** No text that ByteCursor reads is longer, counting how far it looks ahead. */
const longestText = 300;
const longestValue = 64;
const wordLength = 8;
/** With and without position, altitude and heart rate is eight ways to write a trackpoint. */
const templatesKept = 8;

interface Part {
  /** The bytes before the slot, eight at a time as the double that they spell, and the last eight again. */
  readonly words: Float64Array;
  readonly lastWord: number;
  readonly length: number;
  readonly slot: Slot | "end";
}

export class TrackpointTemplate {
  /** More bytes than any trackpoint has that fits, so with so many at hand there is no `needs_more`. */
  readonly longest: number;
  readonly hasPosition: boolean;
  readonly hasAltitude: boolean;
  readonly hasDistance: boolean;
  readonly hasHeartRate: boolean;
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.longest = parts.reduce(
      (sum, { length, slot }) => sum + length + (slot === "none" ? longestText : longestValue),
      0,
    );
    const has = (slot: Slot) => parts.some((part) => part.slot === slot);
    this.hasPosition = has("latitude");
    this.hasAltitude = has("altitude");
    this.hasDistance = has("distance");
    this.hasHeartRate = has("heartRate");
  }

  /** Reads a trackpoint at the cursor into `reading`. Without `read`, cursor and reading are left in any state. */
  match(cursor: ByteCursor, reading: TrackpointReading): CursorOutcome {
    if (!this.hasPosition) {
      reading.latitudeDegrees = Number.NaN;
      reading.longitudeDegrees = Number.NaN;
    }
    if (!this.hasAltitude) reading.altitudeMeters = Number.NaN;
    if (!this.hasDistance) reading.distanceMeters = Number.NaN;
    if (!this.hasHeartRate) reading.heartRateBpm = 0;
    for (const part of this.#parts) {
      const literal = matchLiteral(cursor, part);
      if (literal !== "read" || part.slot === "end") return literal;
      const outcome = readSlot(cursor, part.slot, reading);
      if (outcome !== "read") return outcome;
    }
    return "mismatch";
  }
}

/** The templates of the track at hand, the one that fitted last in front. */
export class TemplateSet {
  #templates: TrackpointTemplate[] = [];

  get isEmpty(): boolean {
    return this.#templates.length === 0;
  }

  /** As {@link TrackpointTemplate.longest}, of all of them. */
  get longest(): number {
    return this.#templates.reduce((longest, template) => Math.max(longest, template.longest), 0);
  }

  /** Another track may lie in the scope of other prefixes: what was proven there is not proven here. */
  clear(): void {
    this.#templates = [];
  }

  /**
   * Reads the trackpoint at the cursor if one of the templates fits.
   *
   * @returns the template; `needs_more` if one may fit, but the bytes end; `mismatch`
   */
  match(cursor: ByteCursor, reading: TrackpointReading): TrackpointTemplate | "needs_more" | "mismatch" {
    const start = cursor.position;
    let result: "needs_more" | "mismatch" = "mismatch";
    for (let index = 0; index < this.#templates.length; index++) {
      const template = this.#templates[index];
      if (template === undefined) break;
      cursor.position = start;
      const outcome = template.match(cursor, reading);
      if (outcome === "read") {
        if (index > 0) this.#moveToFront(index, template);
        return template;
      }
      if (outcome === "needs_more") result = "needs_more";
    }
    return result;
  }

  /** Makes a template of the trackpoint in bytes `start` to `end - 1`, whose texts are `marks`. */
  learn(view: DataView, start: number, end: number, marks: readonly SlotMark[]): void {
    if (end - start + marks.length * longestText > longestTrackpoint) return;
    const parts: Part[] = [];
    let from = start;
    for (const mark of marks) {
      const part = literalPart(view, from, mark.start, mark.slot);
      if (part === null) return;
      parts.push(part);
      from = mark.end;
    }
    const part = literalPart(view, from, end, "end");
    if (part === null) return;
    this.#templates.unshift(new TrackpointTemplate([...parts, part]));
    if (this.#templates.length > templatesKept) this.#templates.pop();
  }

  #moveToFront(index: number, template: TrackpointTemplate): void {
    this.#templates.splice(index, 1);
    this.#templates.unshift(template);
  }
}

/**
 * Bytes `start` to `end - 1` as words; null if they are fewer than eight or spell no comparable number. Doubles, because
 * they are the widest that JavaScript compares at once; two doubles are equal exactly if their bytes are, but for NaN
 * (refused here) and for zero, whose bytes no document holds.
 */
function literalPart(view: DataView, start: number, end: number, slot: Part["slot"]): Part | null {
  const length = end - start;
  if (length < wordLength) return null;
  const words = Float64Array.from({ length: Math.floor(length / wordLength) }, (_, index) =>
    view.getFloat64(start + wordLength * index, true),
  );
  const lastWord = view.getFloat64(end - wordLength, true);
  return words.some(Number.isNaN) || Number.isNaN(lastWord) ? null : { words, lastWord, length, slot };
}

function matchLiteral(cursor: ByteCursor, part: Part): CursorOutcome {
  const { view, position } = cursor;
  const { words, length } = part;
  const end = position + length;
  if (end > cursor.end) return "needs_more";
  // Four words a turn: the loop's own work is a tenth of a usual trackpoint's time otherwise.
  let index = 0;
  let at = position;
  for (; index + 4 <= words.length; index += 4, at += 4 * wordLength) {
    if (
      view.getFloat64(at, true) !== words[index] ||
      view.getFloat64(at + wordLength, true) !== words[index + 1] ||
      view.getFloat64(at + 2 * wordLength, true) !== words[index + 2] ||
      view.getFloat64(at + 3 * wordLength, true) !== words[index + 3]
    ) {
      return "mismatch";
    }
  }
  for (; index < words.length; index++, at += wordLength) {
    if (view.getFloat64(at, true) !== words[index]) return "mismatch";
  }
  if (view.getFloat64(end - wordLength, true) !== part.lastWord) return "mismatch";
  cursor.position = end;
  return "read";
}

/** Reads one text. A value that the careful path would drop is a mismatch here, so that it is counted there. */
function readSlot(cursor: ByteCursor, slot: Slot, reading: TrackpointReading): CursorOutcome {
  if (slot === "none") return cursor.ignoredText();
  const outcome = slot === "time" ? cursor.time() : cursor.decimal();
  if (outcome !== "read") return outcome;
  const { value } = cursor;
  switch (slot) {
    case "time":
      reading.timeMilliseconds = value;
      break;
    case "latitude":
      // Zero may be half of the position that means "no fix".
      if (value < -90 || value > 90 || value === 0) return "mismatch";
      reading.latitudeDegrees = value;
      break;
    case "longitude":
      if (value < -180 || value > 180) return "mismatch";
      reading.longitudeDegrees = value;
      break;
    case "altitude":
      reading.altitudeMeters = value;
      break;
    case "distance":
      reading.distanceMeters = value;
      break;
    case "heartRate":
      if (value < 1 || value > 254) return "mismatch";
      reading.heartRateBpm = Math.round(value);
      break;
    default:
      slot satisfies never;
  }
  return "read";
}
