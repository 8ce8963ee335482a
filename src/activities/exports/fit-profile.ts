// Garmin's encoder, for each field of each message, lists all the fields that its profile has of that message and looks for the
// name (`mesg-definition.js` of the SDK 21.217). Of a record those are 84, we write six, and a long activity has tens of thousands
// of records, for which one isolate would have no turn for anybody else. The encoder takes no profile of its own and reads the
// SDK's only one, so that is narrowed here, for as long as one synchronous call lasts and no longer.

import { Profile } from "@garmin/fitsdk";

/** FIT's number of the record message. */
export const recordMessageNumber = 20;

const writtenFields: readonly string[] = [
  "timestamp",
  "positionLat",
  "positionLong",
  "altitude",
  "distance",
  "heartRate",
];

/**
 * Calls `write` while the profile knows no other fields of a record than those we write: a record's other fields would be left out
 * silently. `write` must not wait for anything: whoever else uses the SDK in this isolate, a decoder for one, is to find the
 * profile as Garmin made it.
 */
export function withFewRecordFields(write: () => undefined): void {
  const whole = Profile.messages[recordMessageNumber];
  if (whole === undefined) throw new Error("Garmin's profile has no records");
  const fields = Object.entries(whole.fields).filter(([, { name }]) => writtenFields.includes(name));
  Profile.messages[recordMessageNumber] = { ...whole, fields: Object.fromEntries(fields) };
  try {
    write();
  } finally {
    Profile.messages[recordMessageNumber] = whole;
  }
}
