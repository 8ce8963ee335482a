// What the simulated user does in the demo: a month of history, and then one workout of each kind that FitGlue must get
// right. It also says what each must look like when it comes out of the feed, so that the demo can fail.

export interface WorkoutPlan {
  readonly name: string;
  /** How long ago it began. */
  readonly startedMinutesAgo: number;
  readonly durationMinutes: number;
  readonly gps: boolean;
  readonly heartRate: boolean;
  readonly distanceMeters?: number;
  readonly laps?: number;
  readonly logType?: string;
  readonly expectedType: string;
}

/** One of each kind, none of which overlaps another: a wrist has one heart rate at a time. */
export const todaysWorkouts: readonly WorkoutPlan[] = [
  {
    name: "Run",
    startedMinutesAgo: 36,
    durationMinutes: 35,
    gps: true,
    heartRate: true,
    distanceMeters: 6_200,
    laps: 4,
    expectedType: "ACTIVITY_TYPE_RUN",
  },
  {
    name: "Treadmill",
    startedMinutesAgo: 75,
    durationMinutes: 30,
    gps: false,
    heartRate: true,
    distanceMeters: 4_800,
    expectedType: "ACTIVITY_TYPE_RUN",
  },
  {
    name: "Weights",
    startedMinutesAgo: 130,
    durationMinutes: 45,
    gps: false,
    heartRate: true,
    expectedType: "ACTIVITY_TYPE_WEIGHT_TRAINING",
  },
  {
    name: "Swim",
    startedMinutesAgo: 185,
    durationMinutes: 40,
    gps: false,
    heartRate: true,
    distanceMeters: 1_500,
    expectedType: "ACTIVITY_TYPE_SWIM",
  },
];

const habits = [
  { name: "Run", durationMinutes: 32, gps: true, distanceMeters: 5_600, expectedType: "ACTIVITY_TYPE_RUN" },
  { name: "Walk", durationMinutes: 48, gps: true, distanceMeters: 4_100, expectedType: "ACTIVITY_TYPE_WALK" },
  {
    name: "Outdoor Bike",
    durationMinutes: 75,
    gps: true,
    distanceMeters: 24_000,
    expectedType: "ACTIVITY_TYPE_RIDE",
  },
  { name: "Yoga", durationMinutes: 40, gps: false, expectedType: "ACTIVITY_TYPE_YOGA" },
] as const;

/** Twelve workouts of the last 30 days, one every two and a half days, the newest two days old. */
export const history: readonly WorkoutPlan[] = Array.from({ length: 12 }, (_, index) => {
  const habit = habits[index % habits.length] ?? habits[0];
  return { ...habit, heartRate: true, startedMinutesAgo: Math.round((2 + index * 2.45) * 24 * 60) };
});

/** What somebody does who goes over from Fitbit to Google Health: each of a kind of its own, so that a title names one. */
export const workoutsOfTheWayOver: Readonly<Record<"before" | "whileOff" | "after", readonly WorkoutPlan[]>> =
  {
    before: [
      {
        name: "Run",
        startedMinutesAgo: 40,
        durationMinutes: 35,
        gps: true,
        heartRate: true,
        distanceMeters: 6_200,
        expectedType: "ACTIVITY_TYPE_RUN",
      },
      {
        name: "Weights",
        startedMinutesAgo: 120,
        durationMinutes: 45,
        gps: false,
        heartRate: true,
        expectedType: "ACTIVITY_TYPE_WEIGHT_TRAINING",
      },
      {
        name: "Swim",
        startedMinutesAgo: 200,
        durationMinutes: 40,
        gps: false,
        heartRate: true,
        distanceMeters: 1_500,
        expectedType: "ACTIVITY_TYPE_SWIM",
      },
    ],
    whileOff: [
      {
        name: "Walk",
        startedMinutesAgo: 60,
        durationMinutes: 50,
        gps: true,
        heartRate: true,
        distanceMeters: 4_300,
        expectedType: "ACTIVITY_TYPE_WALK",
      },
    ],
    after: [
      {
        name: "Hike",
        startedMinutesAgo: 95,
        durationMinutes: 90,
        gps: true,
        heartRate: true,
        distanceMeters: 7_000,
        expectedType: "ACTIVITY_TYPE_HIKE",
      },
    ],
  };

/** A plan as the simulator's control API takes it. */
export function toControlBody(plan: WorkoutPlan, now: number): Record<string, unknown> {
  return {
    name: plan.name,
    startTime: new Date(now - plan.startedMinutesAgo * 60_000).toISOString().replace(/\.\d+Z$/, "Z"),
    durationSeconds: plan.durationMinutes * 60,
    gps: plan.gps,
    heartRate: plan.heartRate,
    ...(plan.distanceMeters === undefined ? {} : { distanceMeters: plan.distanceMeters }),
    ...(plan.laps === undefined ? {} : { laps: plan.laps }),
    ...(plan.logType === undefined ? {} : { logType: plan.logType }),
  };
}
