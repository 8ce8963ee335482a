// The table of samples while it grows: typed arrays that double, so memory follows the trackpoints and nothing else.

import type { TcxSamples } from "./document.ts";

/** What one trackpoint says. Absent is NaN, for heart rate 0. */
export interface TrackpointReading {
  timeMilliseconds: number;
  latitudeDegrees: number;
  longitudeDegrees: number;
  altitudeMeters: number;
  distanceMeters: number;
  heartRateBpm: number;
}

/** A reading with nothing in it. */
export function emptyReading(): TrackpointReading {
  return {
    timeMilliseconds: Number.NaN,
    latitudeDegrees: Number.NaN,
    longitudeDegrees: Number.NaN,
    altitudeMeters: Number.NaN,
    distanceMeters: Number.NaN,
    heartRateBpm: 0,
  };
}

const initialRows = 1_024;

export class SampleTable {
  #count = 0;
  #capacity = 0;
  #time = new Float64Array(0);
  #latitude = new Float64Array(0);
  #longitude = new Float64Array(0);
  #altitude = new Float64Array(0);
  #distance = new Float64Array(0);
  #heartRate = new Uint8Array(0);

  get count(): number {
    return this.#count;
  }

  append(reading: TrackpointReading): void {
    if (this.#count === this.#capacity) this.#grow();
    const row = this.#count++;
    this.#time[row] = reading.timeMilliseconds;
    this.#latitude[row] = reading.latitudeDegrees;
    this.#longitude[row] = reading.longitudeDegrees;
    this.#altitude[row] = reading.altitudeMeters;
    this.#distance[row] = reading.distanceMeters;
    this.#heartRate[row] = reading.heartRateBpm;
  }

  /** The finished table, without the room to grow. The columns are copies: the table can be let go. */
  finish(): TcxSamples {
    const count = this.#count;
    return {
      count,
      timeMilliseconds: this.#time.slice(0, count),
      latitudeDegrees: this.#latitude.slice(0, count),
      longitudeDegrees: this.#longitude.slice(0, count),
      altitudeMeters: this.#altitude.slice(0, count),
      distanceMeters: this.#distance.slice(0, count),
      heartRateBpm: this.#heartRate.slice(0, count),
    };
  }

  #grow(): void {
    this.#capacity = Math.max(initialRows, this.#capacity * 2);
    this.#time = widened(this.#time, this.#capacity);
    this.#latitude = widened(this.#latitude, this.#capacity);
    this.#longitude = widened(this.#longitude, this.#capacity);
    this.#altitude = widened(this.#altitude, this.#capacity);
    this.#distance = widened(this.#distance, this.#capacity);
    const heartRate = new Uint8Array(this.#capacity);
    heartRate.set(this.#heartRate);
    this.#heartRate = heartRate;
  }
}

function widened(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(capacity);
  wider.set(column);
  return wider;
}
