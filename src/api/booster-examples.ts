// One request and its answer for each booster, as `/openapi.json` and `/docs` show them. Tests post each request as it stands and
// hold what comes back against the answer.

export interface BoosterExample {
  readonly request: object;
  readonly answer: object;
}

const start = "2026-09-02T17:00:00Z";

/** A hill sprint that a phone recorded every seven to nine seconds. */
const sprint = {
  source: "SOURCE_STRAVA",
  externalId: "9871234567890",
  startTime: start,
  name: "Hill sprint",
  type: "ACTIVITY_TYPE_RUN",
};

const places = [
  { timestamp: "2026-09-02T17:00:00Z", positionLat: 54.97, positionLong: -1.61 },
  { timestamp: "2026-09-02T17:00:07Z", positionLat: 54.9703, positionLong: -1.6101 },
  { timestamp: "2026-09-02T17:00:15Z", positionLat: 54.9706, positionLong: -1.6103 },
  { timestamp: "2026-09-02T17:00:24Z", positionLat: 54.971, positionLong: -1.6104 },
];

const session = { startTime: start, totalElapsedTime: 24, totalDistance: 113 };
const lap = { startTime: start, totalElapsedTime: 24 };

const sprintWithHeartRate = {
  ...sprint,
  sessions: [
    {
      ...session,
      laps: [
        {
          ...lap,
          records: places.map((place, index) => ({ ...place, heartRate: [98, 107, 121, 130][index] ?? 0 })),
        },
      ],
      avgHeartRate: 114,
      maxHeartRate: 130,
    },
  ],
};

/** With samples of 98, 104, 112, 121, 127 and 131 beats a minute, five seconds apart from the start. */
export const heartRateExample: BoosterExample = {
  request: {
    userId: "user-1",
    activity: { ...sprint, sessions: [{ ...session, laps: [{ ...lap, records: places }] }] },
    options: { force: false },
  },
  answer: {
    activity: sprintWithHeartRate,
    status: "merged",
    metadata: {
      coverage: 1,
      samples: 5,
      largestGapSeconds: 5,
      records: 4,
      recordsWithHeartRate: 4,
      timeBasis: "utc",
      from: "provider",
    },
  },
};

export const zonesExample: BoosterExample = {
  request: {
    activity: sprintWithHeartRate,
    options: { model: "three", maxHr: 140, style: "emoji", barLength: 5 },
  },
  answer: {
    activity: sprintWithHeartRate,
    status: "applied",
    description: [
      "❤️ Heart Rate Zones:",
      "Zone 1 (Easy): 🟦🟦🟦⬜⬜ 15 s",
      "Zone 2 (Moderate): 🟨🟨⬜⬜⬜ 9 s",
      "Zone 3 (Hard): ⬜⬜⬜⬜⬜ 0 min",
    ].join("\n"),
    metadata: {
      model: "three",
      maxHr: 140,
      zones: [
        { name: "Easy", minBpm: 0, maxBpm: 112, seconds: 15, share: 0.625 },
        { name: "Moderate", minBpm: 112, maxBpm: 126, seconds: 9, share: 0.375 },
        { name: "Hard", minBpm: 126, maxBpm: null, seconds: 0, share: 0 },
      ],
      outsideSeconds: 0,
      totalSeconds: 24,
    },
  },
};

export const typeExample: BoosterExample = {
  request: {
    activity: { ...sprint, sessions: [session] },
    options: {
      rules: [
        { match: "hill", type: "TrailRun" },
        { match: "sprint", mode: "substring", type: "ACTIVITY_TYPE_RUN" },
      ],
      defaultType: "Workout",
    },
  },
  answer: {
    activity: { ...sprint, type: "ACTIVITY_TYPE_TRAIL_RUN", sessions: [session] },
    status: "applied",
    metadata: { type: "ACTIVITY_TYPE_TRAIL_RUN", formerType: "ACTIVITY_TYPE_RUN", rule: 0 },
  },
};
