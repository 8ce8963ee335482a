// The columns that every parser in the comparison has to fill, and a hash over all their values.

export interface Columns {
  readonly count: number;
  readonly time: Float64Array;
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  readonly altitude: Float64Array;
  readonly distance: Float64Array;
  readonly heartRate: Uint8Array;
}

/** Fills columns from the texts of a trackpoint, as a parser that yields texts would. */
export class ColumnWriter {
  #count = 0;
  #numbers = new Float64Array(5 * 1_024);
  #heartRate = new Uint8Array(1_024);

  add(
    time: string | undefined,
    latitude: string | undefined,
    longitude: string | undefined,
    altitude: string | undefined,
    distance: string | undefined,
    heartRate: string | undefined,
  ): void {
    if (this.#count === this.#heartRate.length) this.#grow();
    const row = this.#count++;
    this.#numbers[5 * row] = Date.parse(time ?? "");
    this.#numbers[5 * row + 1] = decimal(latitude);
    this.#numbers[5 * row + 2] = decimal(longitude);
    this.#numbers[5 * row + 3] = decimal(altitude);
    this.#numbers[5 * row + 4] = decimal(distance);
    this.#heartRate[row] = heartRate === undefined ? 0 : Number(heartRate);
  }

  columns(): Columns {
    const column = (index: number) =>
      Float64Array.from({ length: this.#count }, (_, row) => this.#numbers[5 * row + index] ?? Number.NaN);
    return {
      count: this.#count,
      time: column(0),
      latitude: column(1),
      longitude: column(2),
      altitude: column(3),
      distance: column(4),
      heartRate: this.#heartRate.slice(0, this.#count),
    };
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const heartRate = new Uint8Array(this.#heartRate.length * 2);
    heartRate.set(this.#heartRate);
    this.#heartRate = heartRate;
  }
}

function decimal(text: string | undefined): number {
  return text === undefined ? Number.NaN : Number(text);
}

/** FNV-1a over the count and every value's bits. */
export function columnsHash(columns: Columns): string {
  let hash = 0x811c9dc5 ^ columns.count;
  for (const column of [
    columns.time,
    columns.latitude,
    columns.longitude,
    columns.altitude,
    columns.distance,
  ]) {
    for (const byte of new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
      hash = Math.imul(hash ^ byte, 0x01000193);
  }
  for (const beats of columns.heartRate) hash = Math.imul(hash ^ beats, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
