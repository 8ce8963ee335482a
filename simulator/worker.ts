// The simulator as a Worker of its own, for people who want one address for a team. Its state lives in the isolate and
// is gone with it. Settings come from the environment. Its control API has no password: keep the Worker private.

import { createSimulator, type Simulator, type SimulatorOptions } from "./simulator.ts";

export interface SimulatorEnvironment {
  /** The Worker's own public address. */
  SIMULATOR_PUBLIC_URL: string;
  FITBIT_CLIENT_ID: string;
  FITBIT_CLIENT_SECRET: string;
  FITBIT_SUBSCRIBER_URL: string;
  FITBIT_VERIFICATION_CODE?: string;
  /** "server" or "client". */
  FITBIT_APPLICATION_TYPE?: string;
  /** Comma-separated. */
  FITBIT_REDIRECT_URIS?: string;
  /** With it, and its secret, the Google side is on. */
  GOOGLE_CLIENT_ID?: string;
  GOOGLE_CLIENT_SECRET?: string;
  /** What pushes carry as `Authorization`, scheme included; with the address a subscriber is there from the start. */
  GOOGLE_WEBHOOK_SECRET?: string;
  GOOGLE_SUBSCRIBER_URL?: string;
  GOOGLE_PROJECT_NUMBER?: string;
  /** Comma-separated. */
  GOOGLE_REDIRECT_URIS?: string;
  SIMULATOR_SEED?: string;
}

let simulator: Simulator | undefined;

export default {
  fetch(request: Request, environment: SimulatorEnvironment): Promise<Response> {
    simulator ??= createSimulator({
      url: environment.SIMULATOR_PUBLIC_URL,
      seed: Number(environment.SIMULATOR_SEED ?? 1),
      fitbit: {
        clientId: environment.FITBIT_CLIENT_ID,
        clientSecret: environment.FITBIT_CLIENT_SECRET,
        subscriberUrl: environment.FITBIT_SUBSCRIBER_URL,
        applicationType: environment.FITBIT_APPLICATION_TYPE === "client" ? "client" : "server",
        ...(environment.FITBIT_REDIRECT_URIS
          ? { redirectUris: environment.FITBIT_REDIRECT_URIS.split(",") }
          : {}),
        ...(environment.FITBIT_VERIFICATION_CODE
          ? { verificationCode: environment.FITBIT_VERIFICATION_CODE }
          : {}),
      },
      ...googleOptions(environment),
    });
    return simulator.fetch(request);
  },
};

function googleOptions(environment: SimulatorEnvironment): Pick<SimulatorOptions, "google"> {
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } = environment;
  if (!clientId || !clientSecret) return {};
  const { GOOGLE_WEBHOOK_SECRET, GOOGLE_SUBSCRIBER_URL, GOOGLE_PROJECT_NUMBER, GOOGLE_REDIRECT_URIS } =
    environment;
  return {
    google: {
      clientId,
      clientSecret,
      ...(GOOGLE_WEBHOOK_SECRET ? { webhookSecret: GOOGLE_WEBHOOK_SECRET } : {}),
      ...(GOOGLE_SUBSCRIBER_URL ? { subscriberUrl: GOOGLE_SUBSCRIBER_URL } : {}),
      ...(GOOGLE_PROJECT_NUMBER ? { projectNumber: GOOGLE_PROJECT_NUMBER } : {}),
      ...(GOOGLE_REDIRECT_URIS ? { redirectUris: GOOGLE_REDIRECT_URIS.split(",") } : {}),
    },
  };
}
