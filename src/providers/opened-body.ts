// A body whose first bytes were read, to tell a file from nothing and from something else, and which is still whole.
// Only its beginning is held; the rest goes on from chunk to chunk as its reader asks for it.

export type OpenedBody =
  | {
      readonly kind: "bytes";
      /** Every byte, the ones that were looked at included. Fails where the connection breaks. */
      readonly body: ReadableStream<Uint8Array>;
      /** The first bytes as text: some when there are any, `beginningLength` when there are as many. */
      readonly beginning: string;
    }
  /** The body ended without a byte. */
  | { readonly kind: "empty" }
  /** The connection broke before the first byte. */
  | { readonly kind: "broken" };

const beginningLength = 64;

/** Reads until the beginning is known, the body ends or the connection breaks. Bytes that `isBlank` accepts do not count. */
export async function openBody(
  body: ReadableStream<Uint8Array>,
  isBlank: (byte: number) => boolean = () => false,
): Promise<OpenedBody> {
  const reader = body.getReader();
  const held: Uint8Array[] = [];
  const beginning: number[] = [];
  let ended = false;
  let failure: { readonly reason: unknown } | null = null;
  while (beginning.length < beginningLength && !ended && failure === null) {
    try {
      const read = await reader.read();
      if (read.done) ended = true;
      else {
        held.push(read.value);
        collectBeginning(beginning, read.value, isBlank);
      }
    } catch (reason) {
      failure = { reason };
    }
  }
  if (beginning.length === 0) return { kind: failure === null ? "empty" : "broken" };

  const whole = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = held.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      else if (failure !== null) controller.error(failure.reason);
      else if (ended) controller.close();
      else {
        const read = await reader.read();
        if (read.done) controller.close();
        else controller.enqueue(read.value);
      }
    },
    async cancel(reason) {
      await reader.cancel(reason);
    },
  });
  return { kind: "bytes", body: whole, beginning: new TextDecoder().decode(Uint8Array.from(beginning)) };
}

function collectBeginning(beginning: number[], chunk: Uint8Array, isBlank: (byte: number) => boolean): void {
  for (const byte of chunk) {
    if (beginning.length === beginningLength) return;
    if (beginning.length > 0 || !isBlank(byte)) beginning.push(byte);
  }
}
