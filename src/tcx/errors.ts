// What can be wrong with a TCX file, as a closed set of codes that a caller can switch on.
// A message names markup, never a value: what a file holds is somebody's position and pulse.

/**
 * - `truncated`: the input ended before the document did (an empty input too)
 * - `malformed`: not well-formed XML 1.0 or 1.1 with namespaces, or not UTF-8
 * - `doctype_refused`: the document declares a DOCTYPE, which no TCX producer writes and entity bombs need
 * - `unsupported_encoding`: the document declares, or is written in, an encoding other than UTF-8 or ASCII
 * - `no_activity`: a well-formed document without an `<Activity>`: only courses or workouts, or no TCX at all
 * - `nesting_too_deep`: elements nested deeper than any TCX file
 * - `too_large`: more bytes, trackpoints, laps or markup in one tag than the decoder holds
 */
export type TcxErrorCode =
  | "truncated"
  | "malformed"
  | "doctype_refused"
  | "unsupported_encoding"
  | "no_activity"
  | "nesting_too_deep"
  | "too_large";

/** Why a TCX file was refused, and where: `offset` counts bytes from the start of the input. */
export class TcxError extends Error {
  override readonly name = "TcxError";
  readonly code: TcxErrorCode;
  readonly offset: number;

  constructor(code: TcxErrorCode, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** The commonest refusal, short to write. */
export function malformed(message: string, offset: number): TcxError {
  return new TcxError("malformed", message, offset);
}

/** A name as it may stand in a message. */
export function shown(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
