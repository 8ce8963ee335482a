// Which adapter speaks for a provider. The only place, beside the adapters themselves, that knows that there are several.

import type { Configuration } from "../kernel/configuration.ts";
import type { ProviderName } from "../kernel/ids.ts";
import { createFitbitProvider } from "./fitbit/fitbit.ts";
import { createGoogleHealthProvider } from "./google-health/google-health.ts";
import type { Provider } from "./port.ts";

const made = new WeakMap<Configuration, Map<ProviderName, Provider>>();

/** The adapter for `name`; throws when the configuration does not name the provider, which no stored row should do. */
export function providerFor(configuration: Configuration, name: ProviderName): Provider {
  const adapters = made.get(configuration) ?? new Map<ProviderName, Provider>();
  made.set(configuration, adapters);
  const known = adapters.get(name);
  if (known !== undefined) return known;
  const adapter = create(configuration, name);
  adapters.set(name, adapter);
  return adapter;
}

function create(configuration: Configuration, name: ProviderName): Provider {
  if (name === "fitbit" && configuration.fitbit !== null) return createFitbitProvider(configuration.fitbit);
  if (name === "google-health" && configuration.googleHealth !== null) {
    return createGoogleHealthProvider(configuration.googleHealth);
  }
  throw new Error(`misconfigured: provider ${name} is not among PROVIDERS`);
}
