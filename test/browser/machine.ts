// What a browser test arranges behind the pages: portal links as FitGlue makes them, and accounts, workouts and faults at the
// simulator.

import { inject } from "vitest";
import { createAccount } from "../../scripts/demo/connecting.ts";
import { HttpClient } from "../../scripts/demo/http-client.ts";
import { localApiKey } from "../../scripts/local-environment.ts";
import type { ProviderName } from "../../src/kernel/ids.ts";

export interface Places {
  readonly serviceUrl: string;
  readonly simulatorUrl: string;
}

export class Machine {
  readonly places: Places;
  readonly api: HttpClient;
  readonly simulator: HttpClient;

  constructor(places: Places) {
    this.places = places;
    this.api = new HttpClient(places.serviceUrl, localApiKey);
    this.simulator = new HttpClient(places.simulatorUrl);
  }

  /** The one that all browser tests share. */
  static shared(): Machine {
    return new Machine({ serviceUrl: inject("serviceUrl"), simulatorUrl: inject("simulatorUrl") });
  }

  /** A link to this user's pages. */
  async portalLink(userId: string): Promise<string> {
    return (await this.api.post<{ url: string }>("/v1/portal-links", { userId })).url;
  }

  /** A link to connect, as FitGlue asks for one. */
  async connectLink(userId: string, provider: ProviderName): Promise<string> {
    return (await this.api.post<{ url: string }>("/v1/connect-links", { userId, provider })).url;
  }

  /** An account with these workouts in the cloud. */
  async account(
    provider: ProviderName,
    displayName: string,
    workouts: readonly Readonly<Record<string, unknown>>[] = [],
  ): Promise<string> {
    const account = await createAccount(this.simulator, provider, { displayName, device: "Charge 6" });
    await this.train(account, workouts);
    return account;
  }

  /** Records workouts on the watch, and lets it sync. */
  async train(account: string, workouts: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    for (const workout of workouts) {
      await this.simulator.post(`/sim/users/${account}/activities`, workout);
    }
    if (workouts.length > 0) await this.simulator.post(`/sim/users/${account}/sync`);
  }

  /** The user's activities as the feed has them. */
  async activities(userId: string): Promise<{ id: string; title: string }[]> {
    const feed = await this.api.get<{ changes: { activity: { id: string; title: string } }[] }>(
      `/v1/activities?userId=${userId}`,
    );
    return feed.changes.map(({ activity }) => activity);
  }
}
