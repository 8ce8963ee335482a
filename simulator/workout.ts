// A believable workout from a recipe: heart rate that warms up and drifts, a route at a plausible pace, laps and a pause.
// Every value is a function of the recipe and a key, so nothing is stored and the same workout comes out each time.
// It knows nothing of any provider's formats.

import type { ActivityType } from "./activity-types.ts";
import { fraction, hash, sequence } from "./random.ts";

export interface WorkoutRecipe {
  type: ActivityType;
  startTimeMs: number;
  /** The wearer's offset from UTC when the workout began, in seconds; it may differ from the profile's zone. */
  utcOffsetSeconds: number;
  durationSeconds: number;
  /** One pause in the middle; no positions are recorded in it. */
  pauseSeconds: number;
  laps: number;
  gps: boolean;
  heartRate: boolean;
  /** The strap slips: no heart rate from this second on. */
  heartRateUntilSeconds?: number;
  distanceMeters?: number;
}

export interface HeartRateSample {
  timeMs: number;
  bpm: number;
}

export interface WorkoutPoint {
  timeMs: number;
  lap: number;
  distanceMeters?: number;
  latitudeDegrees?: number;
  longitudeDegrees?: number;
  altitudeMeters?: number;
  bpm?: number;
}

/** What belongs to one workout besides its recipe: the key of its random numbers and the wearer's age. */
export interface Wearer {
  key: string;
  age: number;
}

// Public parks, so that a simulated run is in nobody's street.
const parks: ReadonlyArray<readonly [latitude: number, longitude: number, altitudeMeters: number]> = [
  [60.1875, 24.9275, 12],
  [48.2165, 16.3987, 158],
  [40.7812, -73.9665, 32],
  [51.5073, -0.1657, 28],
  [-33.8986, 151.2343, 45],
  [35.6717, 139.6949, 40],
];

/** Seconds of movement: the duration without the pause. */
export function activeSeconds(recipe: WorkoutRecipe): number {
  return Math.max(0, recipe.durationSeconds - recipe.pauseSeconds);
}

/** Heart rate in beats a minute at this second of the workout, before rounding away what a strap would not see. */
function bpmAt(recipe: WorkoutRecipe, wearer: Wearer, second: number): number {
  const highest = 220 - wearer.age;
  const resting = 56 + Math.floor(fraction(wearer.key, "resting") * 12);
  const target = highest * recipe.type.effort;
  const phase = fraction(wearer.key, "phase") * 6.283;
  const pauseStart = activeSeconds(recipe) / 2;
  const pausing =
    recipe.pauseSeconds > 0 && second >= pauseStart && second < pauseStart + recipe.pauseSeconds;
  const warm = resting + 22 + (target - resting - 22) * (1 - Math.exp(-second / 170));
  const drift = 5 * Math.sin(second / 97 + phase) + 4 * Math.sin(second / 311 + 2 * phase);
  const jitter = (hash(wearer.key, "beat", Math.floor(second / 6)) % 5) - 2;
  const bpm = warm + drift + jitter - (pausing ? 18 : 0);
  return Math.round(Math.min(highest, Math.max(48, bpm)));
}

function hasHeartRateAt(recipe: WorkoutRecipe, second: number): boolean {
  return recipe.heartRate && second < (recipe.heartRateUntilSeconds ?? Number.POSITIVE_INFINITY);
}

/** Heart rate as a wearable stores it during exercise: irregular, every 1 to 5 s, ascending. */
export function heartRateSamples(recipe: WorkoutRecipe, wearer: Wearer): HeartRateSample[] {
  const samples: HeartRateSample[] = [];
  if (!recipe.heartRate) return samples;
  const next = sequence(wearer.key, "steps");
  for (let second = 0; second <= recipe.durationSeconds; second += 1 + Math.floor(next() ** 2 * 5)) {
    if (!hasHeartRateAt(recipe, second)) break;
    samples.push({ timeMs: recipe.startTimeMs + second * 1000, bpm: bpmAt(recipe, wearer, second) });
  }
  return samples;
}

/**
 * The points of the workout every `stepSeconds`, in order, without those of the pause. Distance is there when the recipe
 * has one (it ends at exactly that distance), position and altitude when it has GPS.
 */
export function* workoutPoints(
  recipe: WorkoutRecipe,
  wearer: Wearer,
  stepSeconds: number,
): Generator<WorkoutPoint, void, undefined> {
  const active = activeSeconds(recipe);
  const pauseStart = active / 2;
  const park = parks[hash(wearer.key, "park") % parks.length] ?? [0, 0, 0];
  const [centerLatitude, centerLongitude, groundAltitude] = park;
  const startAngle = fraction(wearer.key, "angle") * 6.283;
  const metersPerDegree = 111_320;
  const longitudeScale = Math.cos((centerLatitude * Math.PI) / 180);

  for (let second = 0; second <= recipe.durationSeconds; second += stepSeconds) {
    const inPause = second > pauseStart && second < pauseStart + recipe.pauseSeconds;
    if (recipe.pauseSeconds > 0 && inPause) continue;
    const moved = second <= pauseStart ? second : second - recipe.pauseSeconds;
    const progress = active > 0 ? Math.min(1, moved / active) : 1;
    const point: WorkoutPoint = {
      timeMs: recipe.startTimeMs + second * 1000,
      lap: Math.min(recipe.laps - 1, Math.floor(progress * recipe.laps)),
    };
    if (recipe.distanceMeters !== undefined) {
      // Faster and slower by turns; the derivative stays positive, so distance never runs backwards.
      const share = progress + 0.02 * Math.sin(progress * 18.849_555_921_538_76);
      const traveled = recipe.distanceMeters * Math.min(1, Math.max(0, share));
      point.distanceMeters = Math.round(traveled * 100) / 100;
      if (recipe.gps) {
        // Rounds through a park: the radius breathes a little, so that no two rounds lie on one another.
        const angle = startAngle + traveled / 260;
        const radiusMeters = 260 + 14 * Math.sin(traveled / 900);
        point.latitudeDegrees = centerLatitude + (radiusMeters * Math.sin(angle)) / metersPerDegree;
        point.longitudeDegrees =
          centerLongitude + (radiusMeters * Math.cos(angle)) / (metersPerDegree * longitudeScale);
        point.altitudeMeters = Math.round((groundAltitude + 6 * Math.sin(traveled / 340)) * 10) / 10;
      }
    }
    if (hasHeartRateAt(recipe, second)) point.bpm = bpmAt(recipe, wearer, second);
    yield point;
  }
}
