// Numbers that look random and depend on nothing but the seed and a key. The same key always gives the same number, so
// a workout looks the same whenever it is asked for and nothing has to be kept. Not for secrets: simulated tokens only.

/** A 32-bit hash of the parts (FNV-1a, then an avalanche so that neighbouring keys differ in every bit). */
export function hash(...parts: ReadonlyArray<string | number>): number {
  let value = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}\u0000`;
    for (let index = 0; index < text.length; index++) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    }
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** A number in [0, 1) that belongs to the key. */
export function fraction(...parts: ReadonlyArray<string | number>): number {
  return hash(...parts) / 0x1_0000_0000;
}

/** `length` characters of `alphabet` that belong to the key. */
export function text(alphabet: string, length: number, ...parts: ReadonlyArray<string | number>): string {
  let result = "";
  for (let index = 0; index < length; index++) {
    result += alphabet.charAt(hash(...parts, index) % alphabet.length);
  }
  return result;
}

/** A stream of numbers in [0, 1) that belongs to the key (mulberry32): cheaper than a hash for each second. */
export function sequence(...parts: ReadonlyArray<string | number>): () => number {
  let state = hash(...parts);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
