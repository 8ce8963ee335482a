// Simulated people with a wearable. The device follows from the seed; a device without a GPS of its own borrows the
// phone's, and then the activity list says hasGps=false although the TCX has positions (community report).

import { hash, text } from "./random.ts";
import { type Account, type Device, nextNumber, type State } from "./state.ts";

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

/** Makes an account. Its id is six upper-case letters and digits, as Fitbit's encoded ids are. */
export function createAccount(state: State, wanted: NewAccount): Account {
  const number = nextNumber(state);
  let providerUserId = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789", 6, state.seed, "account", number);
  while (state.accounts.has(providerUserId)) {
    providerUserId = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789", 6, state.seed, "account", nextNumber(state));
  }
  const model = models[hash(state.seed, "device", number) % models.length];
  const device: Device = {
    id: text("0123456789", 9, state.seed, "device id", number),
    name: wanted.device ?? model?.name ?? "Charge 6",
    ownGps: (models.find((one) => one.name === wanted.device) ?? model)?.ownGps ?? true,
  };
  const account: Account = {
    providerUserId,
    provider: "fitbit",
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
  };
  state.accounts.set(providerUserId, account);
  return account;
}
