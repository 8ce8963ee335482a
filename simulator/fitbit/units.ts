// Units follow Accept-Language: en_US means miles and feet, anything else metric ("Localization", dev.fitbit.com). What
// en_GB means for activities is unknown; it is metric here. Accept-Locale chooses the language of names.

import { nameOfType } from "../activity-types.ts";

export interface Units {
  distanceUnit: "Kilometer" | "Mile";
  metersPerDistanceUnit: number;
  metersPerElevationUnit: number;
}

export function unitsOf(request: Request): Units {
  const language = (request.headers.get("accept-language") ?? "").trim().replace("-", "_");
  return /^en_US\b/i.test(language)
    ? { distanceUnit: "Mile", metersPerDistanceUnit: 1609.344, metersPerElevationUnit: 0.3048 }
    : { distanceUnit: "Kilometer", metersPerDistanceUnit: 1000, metersPerElevationUnit: 1 };
}

const names: Record<string, Record<number, string>> = {
  de: { 90009: "Laufen", 90013: "Spaziergang", 90024: "Schwimmen", 90012: "Wandern", 90019: "Laufband" },
  fr: { 90009: "Course", 90013: "Marche", 90024: "Natation", 90012: "Randonnée", 90019: "Tapis de course" },
};

/** The type's name in the language asked for; a title the user gave stays as it is. */
export function localizedName(request: Request, id: number, name: string): string {
  const locale = (request.headers.get("accept-locale") ?? "").slice(0, 2).toLowerCase();
  return name === nameOfType(id) ? (names[locale]?.[id] ?? name) : name;
}
