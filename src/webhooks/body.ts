// A body, whole and bounded: a push's, and the key set's that verifies it. A signature is over the raw bytes, so they are read
// once, unparsed; a push that says it is too large is refused before a byte is read, one that does not say so is cut off.

/** Largest push that is read. */
export const bodyLimitBytes = 256 * 1024;

export type BoundedBody =
  | { readonly status: "read"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly status: "too_large" };

/** Reads the whole body, or says that it is larger than `limitBytes`. */
export async function readBoundedBody(request: Request, limitBytes = bodyLimitBytes): Promise<BoundedBody> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    // The runtime holds a sender to its Content-Length, so a body that declares itself small enough needs no counting.
    if (!(Number(declared) <= limitBytes)) return { status: "too_large" };
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.length > limitBytes ? { status: "too_large" } : { status: "read", bytes };
  }
  return await readBoundedStream(request.body, limitBytes);
}

/** Reads a stream to its end, or says that it is longer than `limitBytes`, and reads no further. */
export async function readBoundedStream(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<BoundedBody> {
  if (stream === null) return { status: "read", bytes: new Uint8Array() };
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > limitBytes) {
      await reader.cancel();
      return { status: "too_large" };
    }
    chunks.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return { status: "read", bytes };
}
