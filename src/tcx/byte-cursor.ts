// Reads numbers and times straight from bytes, for trackpoints that look as usual: no string is made.
// It may give up on anything (`mismatch`); then the careful path decides. What it does read is the same, to the last
// bit, as what the careful path reads: decimals are correctly rounded, as `Number()` rounds them.

import { character } from "./characters.ts";
import { timeFromParts } from "./times.ts";

export type CursorOutcome = "read" | "mismatch" | "needs_more";

const powersOfTen = Float64Array.from({ length: 19 }, (_, exponent) => 10 ** exponent);

export class ByteCursor {
  view: DataView;
  position = 0;
  end = 0;
  /** What was read last. NaN at first, so that the field is a double from the start. */
  value = Number.NaN;

  constructor(view: DataView) {
    this.view = view;
  }

  /** Reads `-?digits(.digits)?` up to the next `<` into `value`. */
  decimal(): CursorOutcome {
    const { view, end } = this;
    let position = this.position;
    const negative = position < end && view.getUint8(position) === character.hyphen;
    if (negative) position++;

    // What is before the point, at most nine digits: an exact small integer.
    const first = position;
    let whole = 0;
    let last = 0;
    for (; position < end; position++) {
      last = view.getUint8(position);
      const digit = last - character.zero;
      if (digit < 0 || digit > 9) break;
      whole = (Math.imul(whole, 10) + digit) | 0;
    }
    const wholeDigits = position - first;
    if (wholeDigits > 9) return "mismatch";
    if (position >= end) return "needs_more";
    if (wholeDigits === 0) return "mismatch";
    if (last === character.less) return this.#accept(position, negative ? -whole : whole);
    if (last !== character.point) return "mismatch";

    // What is after it, four digits at a time while there are four, in two exact integers.
    const point = position++;
    let high = whole;
    let highDigits = wholeDigits;
    while (highDigits <= 5 && position + 4 <= end) {
      const four = fourDigits(view.getUint32(position, true));
      if (four < 0) break;
      high = (Math.imul(high, 10_000) + four) | 0;
      highDigits += 4;
      position += 4;
    }
    for (; highDigits < 9 && position < end; position++, highDigits++) {
      last = view.getUint8(position);
      const digit = last - character.zero;
      if (digit < 0 || digit > 9) break;
      high = (Math.imul(high, 10) + digit) | 0;
    }
    let low = 0;
    const lowStart = position;
    while (position + 4 <= end && position - lowStart <= 4) {
      const four = fourDigits(view.getUint32(position, true));
      if (four < 0) break;
      low = (Math.imul(low, 10_000) + four) | 0;
      position += 4;
    }
    for (; position < end; position++) {
      last = view.getUint8(position);
      const digit = last - character.zero;
      if (digit < 0 || digit > 9) break;
      low = (Math.imul(low, 10) + digit) | 0;
    }
    const lowDigits = position - lowStart;
    if (lowDigits > 9) return "mismatch";
    if (position >= end) return "needs_more";
    const scale = position - point - 1;
    if (last !== character.less || scale === 0) return "mismatch";
    const magnitude = quotient(high, low, lowDigits, scale);
    return Number.isNaN(magnitude) ? "mismatch" : this.#accept(position, negative ? -magnitude : magnitude);
  }

  #accept(position: number, value: number): CursorOutcome {
    this.position = position;
    this.value = value;
    return "read";
  }

  /** Reads `YYYY-MM-DDThh:mm:ss(.f+)?(Z|±hh:mm)` up to the next `<` into `value`, as milliseconds since 1970 UTC. */
  time(): CursorOutcome {
    const { view, end } = this;
    let position = this.position;
    if (position + 20 >= end) return "needs_more";
    const marks =
      view.getUint8(position + 4) === character.hyphen &&
      view.getUint8(position + 7) === character.hyphen &&
      view.getUint8(position + 10) === character.upperT &&
      view.getUint8(position + 13) === character.colon &&
      view.getUint8(position + 16) === character.colon;
    if (!marks) return "mismatch";
    const year = twoDigits(view, position) * 100 + twoDigits(view, position + 2);
    const month = twoDigits(view, position + 5);
    const day = twoDigits(view, position + 8);
    const hour = twoDigits(view, position + 11);
    const minute = twoDigits(view, position + 14);
    const second = twoDigits(view, position + 17);
    position += 19;
    let millisecond = 0;
    if (view.getUint8(position) === character.point) {
      const firstDigit = ++position;
      let unit = 100;
      for (; position < end; position++) {
        const digit = view.getUint8(position) - character.zero;
        if (digit < 0 || digit > 9) break;
        millisecond += digit * unit;
        unit = unit === 100 ? 10 : unit === 10 ? 1 : 0;
      }
      if (position === firstDigit || position - firstDigit > 9) return "mismatch";
      if (position + 6 >= end) return "needs_more";
    }
    let offsetMinutes = 0;
    const zone = view.getUint8(position);
    if (zone === character.upperZ) {
      position++;
    } else if (zone === character.plus || zone === character.hyphen) {
      if (position + 6 >= end) return "needs_more";
      const hours = twoDigits(view, position + 1);
      const minutes = twoDigits(view, position + 4);
      if (view.getUint8(position + 3) !== character.colon || hours > 23 || minutes > 59) return "mismatch";
      offsetMinutes = zone === character.plus ? hours * 60 + minutes : -(hours * 60 + minutes);
      position += 6;
    } else return "mismatch";
    if (view.getUint8(position) !== character.less) return "mismatch";
    const value = timeFromParts(year, month, day, hour, minute, second, millisecond, offsetMinutes);
    if (Number.isNaN(value)) return "mismatch";
    this.position = position;
    this.value = value;
    return "read";
  }

  /** Passes a text that nobody reads: up to 256 plain characters before the next `<`. */
  ignoredText(): CursorOutcome {
    const { view, end } = this;
    const last = Math.min(end, this.position + 256);
    for (let position = this.position; position < last; position++) {
      const code = view.getUint8(position);
      if (code === character.less) {
        this.position = position;
        return "read";
      }
      const plain =
        code >= character.space &&
        code < 0x7f &&
        code !== character.ampersand &&
        code !== character.greater &&
        code !== character.closeBracket;
      if (!plain) return "mismatch";
    }
    return last === end ? "needs_more" : "mismatch";
  }
}

/**
 * Four decimal digits, read as one little-endian word, as a number; -1 if one of them is no digit. Adding 0x76 to a byte
 * sets its top bit if the byte is above 9; then pairs are joined, and the pairs of pairs.
 */
function fourDigits(word: number): number {
  const digits = (word - 0x3030_3030) | 0;
  if ((((digits + 0x7676_7676) | digits) & 0x8080_8080) !== 0) return -1;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff_00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}

/** Two decimal digits as a number, or one that is out of every range. */
function twoDigits(view: DataView, position: number): number {
  const tens = view.getUint8(position) - character.zero;
  const ones = view.getUint8(position + 1) - character.zero;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? 100_000 : tens * 10 + ones;
}

/**
 * (high · 10^lowDigits + low) / 10^scale for high below 10^9, correctly rounded; NaN in the rare case that this method cannot tell.
 * Fitbit writes coordinates with 17 digits (reference §4.1), more than a double holds exactly, so the dividend is kept
 * as a sum of two doubles, and the remainder of the division, computed without error (Dekker 1971), corrects the
 * quotient. If the correction gives the same double when it is a little smaller and a little larger, that is the one.
 */
function quotient(high: number, low: number, lowDigits: number, scale: number): number {
  const divisor = powersOfTen[scale] ?? Number.NaN;
  // Exact: high < 10^9 and 10^9 = 2^9 · 5^9, so the product has at most 51 significant bits.
  const leading = high * (powersOfTen[lowDigits] ?? Number.NaN);
  const dividend = leading + low;
  const dividendRest = low - (dividend - leading);
  const rough = dividend / divisor;
  if (dividend < 9_007_199_254_740_992) return rough;
  const product = rough * divisor;
  const roughHigh = upperHalf(rough);
  const roughLow = rough - roughHigh;
  const divisorHigh = upperHalf(divisor);
  const divisorLow = divisor - divisorHigh;
  const productRest =
    roughHigh * divisorHigh -
    product +
    roughHigh * divisorLow +
    roughLow * divisorHigh +
    roughLow * divisorLow;
  const remainder = dividend - product - productRest + dividendRest;
  const correction = remainder / divisor;
  const margin = correction * 2 ** -48;
  const lower = rough + (correction - margin);
  return lower === rough + (correction + margin) ? lower : Number.NaN;
}

/** The upper 26 bits of a double's significand (Veltkamp's splitting). */
function upperHalf(value: number): number {
  const scaled = value * 134_217_729;
  return scaled - (scaled - value);
}
