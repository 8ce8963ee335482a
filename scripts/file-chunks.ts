// A file's bytes in chunks, all in the same memory: a stream of Node's makes a new buffer for each chunk, and how many of
// them live at once is up to the garbage collector.

import { open } from "node:fs/promises";

const chunkBytes = 65_536;

/** Yields the file's bytes in order. A chunk is valid until the next one is asked for. */
export async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const memory = new Uint8Array(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(memory, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield memory.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
