// Compression of what R2 holds. A document goes out as it is stored, so it is compressed once, here.

/** Gzips text or bytes; the same input gives the same output. */
export async function gzip(content: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const body = new Response(content).body;
  if (body === null) return new Uint8Array();
  return new Uint8Array(await new Response(body.pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}
