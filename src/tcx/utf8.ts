// UTF-8 one byte at a time, so that a chunk may end inside a character and an error knows its byte.
// Strict as WHATWG Encoding §8.1.1: no overlong forms, no surrogates, nothing above U+10FFFF.

/** More bytes belong to this character. */
export const incomplete = -1;
/** This byte cannot stand here. */
export const invalid = -2;

export class Utf8Reader {
  #needed = 0;
  #codePoint = 0;
  #lowest = 0x80;
  #highest = 0xbf;

  /** Whether the bytes so far end inside a character. */
  get pending(): boolean {
    return this.#needed > 0;
  }

  /** Takes the next byte: a code point, {@link incomplete} or {@link invalid}. */
  push(byte: number): number {
    if (this.#needed === 0) return this.#begin(byte);
    if (byte < this.#lowest || byte > this.#highest) return invalid;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
    this.#codePoint = (this.#codePoint << 6) | (byte & 0x3f);
    this.#needed--;
    return this.#needed === 0 ? this.#codePoint : incomplete;
  }

  #begin(byte: number): number {
    if (byte < 0x80) return byte;
    if (byte >= 0xc2 && byte <= 0xdf) {
      this.#needed = 1;
      this.#codePoint = byte & 0x1f;
    } else if (byte >= 0xe0 && byte <= 0xef) {
      if (byte === 0xe0) this.#lowest = 0xa0;
      if (byte === 0xed) this.#highest = 0x9f;
      this.#needed = 2;
      this.#codePoint = byte & 0x0f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      if (byte === 0xf0) this.#lowest = 0x90;
      if (byte === 0xf4) this.#highest = 0x8f;
      this.#needed = 3;
      this.#codePoint = byte & 0x07;
    } else {
      return invalid;
    }
    return incomplete;
  }
}
