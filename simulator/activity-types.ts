// The kinds of exercise that the simulator knows, with Fitbit's ids and what a wearable measures for them. Ids 90009,
// 90013, 90001, 1071, 55001 were observed in answers; 90024, 90012, 90019, 52001, 20047, 91060 are used by public
// clients; 2131 and 3000 and the ids made for unknown names are the simulator's own choice.

export interface ActivityType {
  id: number;
  name: string;
  sport: "Running" | "Biking" | "Other";
  /** Steps are absent for these in observed answers (Bike, Spinning). */
  onFoot: boolean;
  /** `pace` is given for these when there is a distance. */
  paced: boolean;
  typicalSpeedMetersPerSecond: number;
  /** Share of the highest heart rate that the exercise settles at. */
  effort: number;
}

const type = (
  id: number,
  name: string,
  sport: ActivityType["sport"],
  onFoot: boolean,
  paced: boolean,
  typicalSpeedMetersPerSecond: number,
  effort: number,
): ActivityType => ({ id, name, sport, onFoot, paced, typicalSpeedMetersPerSecond, effort });

const known: readonly ActivityType[] = [
  type(90009, "Run", "Running", true, true, 2.9, 0.8),
  type(90013, "Walk", "Other", true, true, 1.4, 0.55),
  type(90012, "Hike", "Other", true, true, 1.1, 0.6),
  type(90019, "Treadmill", "Running", true, true, 2.7, 0.77),
  type(90001, "Bike", "Biking", false, false, 6.2, 0.7),
  type(1071, "Outdoor Bike", "Biking", false, false, 6.5, 0.72),
  type(55001, "Spinning", "Other", false, false, 6, 0.78),
  type(90024, "Swim", "Other", false, false, 0.8, 0.68),
  type(52001, "Yoga", "Other", false, false, 0, 0.48),
  type(20047, "Elliptical", "Other", true, false, 2, 0.7),
  type(91060, "Structured Workout", "Running", true, true, 2.8, 0.8),
  type(2131, "Weights", "Other", false, false, 0, 0.6),
  type(3000, "Workout", "Other", true, false, 0, 0.65),
];

/** The type of this name, or by id; a name that is not in the table gets an id of its own. */
export function activityTypeOf(name: string, id?: number): ActivityType {
  const wanted = name.trim().toLowerCase();
  const found =
    known.find((candidate) => candidate.id === id) ??
    known.find((candidate) => candidate.name.toLowerCase() === wanted);
  if (found) return { ...found, name, id: id ?? found.id };
  const word = known.find((candidate) => wanted.split(/\W+/).includes(candidate.name.toLowerCase()));
  const model = word ?? type(0, name, "Other", false, false, 0, 0.6);
  let made = 7;
  for (let index = 0; index < wanted.length; index++) made = (made * 31 + wanted.charCodeAt(index)) % 9973;
  return { ...model, name, id: id ?? 15_000 + made };
}

/** The type that a file's `Sport` stands for. Fitbit writes walks, swims and gym sessions as "Other". */
export function activityTypeOfSport(sport: string, hasPositions: boolean): ActivityType {
  if (/^running$/i.test(sport)) return activityTypeOf("Run");
  if (/^biking$/i.test(sport)) return activityTypeOf("Outdoor Bike");
  return activityTypeOf(hasPositions ? "Walk" : "Workout");
}

/** The provider's own name of a type, or undefined for one that the simulator made up. */
export function nameOfType(id: number): string | undefined {
  return known.find((candidate) => candidate.id === id)?.name;
}
