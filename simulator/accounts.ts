// Simulated people with a wearable. The device follows from the seed; a device without a GPS of its own borrows the
// phone's, and then the activity list says hasGps=false although the TCX has positions (community report).

import { hash, text } from "./random.ts";
import { type Account, type Device, nextNumber, type ProviderName, type State } from "./state.ts";

export interface NewAccount {
  timezone?: string | undefined;
  age?: number | undefined;
  displayName?: string | undefined;
  wornAllDay?: boolean | undefined;
  device?: string | undefined;
}

const models: ReadonlyArray<{ name: string; ownGps: boolean }> = [
  { name: "Charge 6", ownGps: true },
  { name: "Sense 2", ownGps: true },
  { name: "Versa 4", ownGps: true },
  { name: "Surge", ownGps: true },
  { name: "Inspire 3", ownGps: false },
];
const names = ["Ada", "Bela", "Chidi", "Dora", "Emil", "Freya", "Goran", "Hanna", "Ines", "Jonas"];

/** Makes a Fitbit account. Its id is six upper-case letters and digits, as Fitbit's encoded ids are. */
export function createAccount(state: State, wanted: NewAccount): Account {
  const number = nextNumber(state);
  let providerUserId = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789", 6, state.seed, "account", number);
  while (state.accounts.has(providerUserId)) {
    providerUserId = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789", 6, state.seed, "account", nextNumber(state));
  }
  return keep(state, newAccount(state, "fitbit", providerUserId, number, wanted));
}

/**
 * Makes a Google Health account: 19 decimal digits, more than a double can tell apart. `legacy` is the Fitbit account of the
 * same person; then device and activities are the same, each activity under an id of its own at either.
 */
export function createGoogleAccount(state: State, wanted: NewAccount, legacy: Account | null): Account {
  const number = nextNumber(state);
  const providerUserId = `2${text("0123456789", 18, state.seed, "google account", number)}`;
  if (!legacy) return keep(state, newAccount(state, "google-health", providerUserId, number, wanted));
  return keep(state, {
    ...legacy,
    providerUserId,
    provider: "google-health",
    legacyUserId: legacy.providerUserId,
    timezone: wanted.timezone ?? legacy.timezone,
    age: wanted.age ?? legacy.age,
    createdAtMs: state.clock.now(),
    hour: { index: -1, used: 0 },
    minute: { index: -1, used: 0 },
  });
}

function keep(state: State, account: Account): Account {
  state.accounts.set(account.providerUserId, account);
  return account;
}

function newAccount(
  state: State,
  provider: ProviderName,
  providerUserId: string,
  number: number,
  wanted: NewAccount,
): Account {
  const model = models[hash(state.seed, "device", number) % models.length];
  const device: Device = {
    id: text("0123456789", 9, state.seed, "device id", number),
    name: wanted.device ?? model?.name ?? "Charge 6",
    ownGps: (models.find((one) => one.name === wanted.device) ?? model)?.ownGps ?? true,
  };
  return {
    providerUserId,
    provider,
    legacyUserId: null,
    timezone: wanted.timezone ?? "Europe/Berlin",
    age: wanted.age ?? 35,
    displayName:
      wanted.displayName ?? `${names[number % names.length] ?? "Ada"} ${providerUserId.slice(0, 2)}.`,
    device,
    wornAllDay: wanted.wornAllDay ?? false,
    createdAtMs: state.clock.now(),
    lastSyncAtMs: null,
    deleted: false,
    activities: new Map(),
    hour: { index: -1, used: 0 },
    minute: { index: -1, used: 0 },
  };
}
