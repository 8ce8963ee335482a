// One entity reference, from after its & to its semicolon: the five that XML predefines, or a character by number.
// There is no other kind without a DOCTYPE, so nothing here can expand into more than one character.

import { character, isReferableCharacter } from "./characters.ts";
import { malformed } from "./errors.ts";

/** The reference goes on. */
export const unfinished = -1;

const predefined: Readonly<Record<string, number>> = {
  amp: 0x26,
  lt: 0x3c,
  gt: 0x3e,
  quot: 0x22,
  apos: 0x27,
};
const longestName = 4;

export class EntityReader {
  #name = "";
  #radix = 0;
  #number = unfinished;

  /** Call after the `&`. */
  start(): void {
    this.#name = "";
    this.#radix = 0;
    this.#number = unfinished;
  }

  /**
   * Takes the next character.
   *
   * @returns the code point that the reference stands for, or {@link unfinished}
   * @throws TcxError `malformed`
   */
  push(code: number, offset: number, xml11: boolean): number {
    if (code === character.semicolon) return this.#finish(offset, xml11);
    if (this.#radix === 0) this.#nameCharacter(code, offset);
    else if (this.#radix === 10 && this.#number === unfinished && code === character.lowerX) this.#radix = 16;
    else this.#digit(code, offset);
    return unfinished;
  }

  #nameCharacter(code: number, offset: number): void {
    if (this.#name === "" && code === character.hash) this.#radix = 10;
    else this.#name += String.fromCodePoint(code);
    if (this.#name.length > longestName) throw malformed("an entity is not defined", offset);
  }

  /** Reckoned as it comes, because leading zeros may be many; stops growing above the last code point. */
  #digit(code: number, offset: number): void {
    const digit = code < 0x80 ? Number.parseInt(String.fromCharCode(code), this.#radix) : Number.NaN;
    if (Number.isNaN(digit)) throw malformed("a character reference is malformed", offset);
    this.#number = Math.min(Math.max(this.#number, 0) * this.#radix + digit, 0x110000);
  }

  #finish(offset: number, xml11: boolean): number {
    const code = this.#radix === 0 ? (predefined[this.#name] ?? unfinished) : this.#number;
    if (code === unfinished || !isReferableCharacter(code, xml11))
      throw malformed("an entity is not defined", offset);
    return code;
  }
}
