// The shape of a decoded TCX file: activities, their laps, and one table of samples for each activity.
// Columns instead of an object for each point, because a ten-hour activity has 36,000 of them and an isolate has 128 MB.
// Absent is NaN (0 for heart rate), never a made-up value; nothing here is interpolated or sorted.

/** One row a trackpoint that was kept, in the order of the file. Columns are `count` long. */
export interface TcxSamples {
  readonly count: number;
  /** Milliseconds since 1970 UTC; finer digits of the file are cut off. Always a number. */
  readonly timeMilliseconds: Float64Array;
  /** WGS 84 degrees, NaN where absent; latitude and longitude are both there or both absent. */
  readonly latitudeDegrees: Float64Array;
  readonly longitudeDegrees: Float64Array;
  /** NaN where absent. */
  readonly altitudeMeters: Float64Array;
  /** Cumulative as the file has it, which need not grow: some producers start again at 0. NaN where absent. */
  readonly distanceMeters: Float64Array;
  /** Whole beats a minute, 1 to 254; 0 where absent, which no living heart has. */
  readonly heartRateBpm: Uint8Array;
}

/** One `<Lap>`; a total that the file lacks, or states as nonsense, is null. */
export interface TcxLap {
  readonly startTimeMilliseconds: number | null;
  readonly totalTimeSeconds: number | null;
  readonly distanceMeters: number | null;
  readonly calories: number | null;
  readonly averageHeartRateBpm: number | null;
  readonly maximumHeartRateBpm: number | null;
  readonly intensity: string | null;
  readonly trackCount: number;
  /** The lap's samples are rows `firstSample` to `firstSample + sampleCount - 1`. */
  readonly firstSample: number;
  readonly sampleCount: number;
}

/** One `<Activity>`. Fitbit's file for an activity without GPS has one without laps (Fitbit reference §4.2, observed). */
export interface TcxActivity {
  /** The `Sport` attribute as written, empty if there is none. */
  readonly sport: string;
  readonly id: string | null;
  /** The time that `<Id>` states, null if it states none. */
  readonly startTimeMilliseconds: number | null;
  readonly creatorName: string | null;
  readonly laps: readonly TcxLap[];
  /** `<Track>` elements in all laps. */
  readonly tracks: number;
  readonly samples: TcxSamples;
  /** Elements in the file, before anything was dropped. */
  readonly counts: TcxCounts;
  readonly dropped: TcxDropped;
}

/** How many trackpoints there are, and how many of them hold the element. */
export interface TcxCounts {
  readonly trackpoints: number;
  readonly positions: number;
  readonly heartRates: number;
  readonly altitudes: number;
}

export interface TcxDropped {
  /** Trackpoints without a valid time: nothing says where in the activity they belong. */
  readonly points: number;
  /** Values of kept trackpoints and of laps that cannot be true; a position counts as one value. */
  readonly values: number;
}

export interface TcxDocument {
  /** At least one. */
  readonly activities: readonly TcxActivity[];
  /** Length of the input. */
  readonly bytes: number;
}
