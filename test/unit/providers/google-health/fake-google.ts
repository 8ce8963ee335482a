// The adapter as the tests use it, and Google's answers in their own words. What is written here was made for these tests after
// the shapes that the Google Health reference describes.

import { asId, type SourceActivityId } from "../../../../src/kernel/ids.ts";
import { createGoogleHealthProvider } from "../../../../src/providers/google-health/google-health.ts";
import type { CallContext } from "../../../../src/providers/port.ts";

export { always, answering, reply, type SentRequest } from "../fake-fetch.ts";

export const now = Date.parse("2026-11-20T12:00:00Z");
export const context: CallContext = { accessToken: "token-of-the-user", now };

export const settings = {
  apiUrl: "http://127.0.0.1:9",
  oauthUrl: "http://127.0.0.1:9",
  clientId: "client-of-the-tests",
  clientSecret: "secret-of-the-application",
};

export const google = createGoogleHealthProvider({ ...settings, timeoutMilliseconds: 200 });

export const activityId = (text: string) => asId<SourceActivityId>(text);

/** A refusal of the API. Its message holds a secret, to see that none comes through. */
export const apiError = (code: number, reason: string | null, metadata: Record<string, string> = {}) => ({
  error: {
    code,
    message: "Something is wrong with SECRET-TOKEN.",
    status: "STATUS",
    ...(reason === null
      ? {}
      : {
          details: [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [] },
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason,
              domain: "googleapis.com",
              metadata,
            },
          ],
        }),
  },
});

/** A refusal of the OAuth endpoints. */
export const oauthError = (error: string) => ({ error, error_description: "Bad SECRET-TOKEN." });

export const identity = {
  name: "users/me/identity",
  legacyUserId: "4XKQZ7",
  healthUserId: "7719265018823345619",
};

/** A run with a route, as a watch records it. Tests change what they are about. */
export const run = {
  name: "users/7719265018823345619/dataTypes/exercise/dataPoints/8812345678901234567",
  dataSource: {
    recordingMethod: "ACTIVELY_MEASURED",
    device: { formFactor: "WATCH", displayName: "Pixel Watch 9" },
    platform: "FITBIT",
  },
  exercise: {
    interval: {
      startTime: "2026-11-20T06:10:05Z",
      startUtcOffset: "3600s",
      endTime: "2026-11-20T06:50:35Z",
      endUtcOffset: "3600s",
    },
    exerciseType: "RUNNING",
    exerciseEvents: [
      { eventTime: "2026-11-20T06:10:05Z", eventUtcOffset: "3600s", exerciseEventType: "START" },
      { eventTime: "2026-11-20T06:50:35Z", eventUtcOffset: "3600s", exerciseEventType: "STOP" },
    ],
    metricsSummary: {
      caloriesKcal: 411.5,
      distanceMillimeters: 7123456.7,
      steps: "6321",
      averageHeartRateBeatsPerMinute: "149",
      elevationGainMillimeters: 31250,
      activeZoneMinutes: "63",
      heartRateZoneDurations: {
        lightTime: "180s",
        moderateTime: "900s",
        vigorousTime: "1320s",
        peakTime: "0s",
      },
    },
    exerciseMetadata: { hasGps: true },
    displayName: "Morning run",
    activeDuration: "2400s",
    createTime: "2026-11-20T06:52:00.100200Z",
    updateTime: "2026-11-20T06:53:01.987654Z",
  },
};
