// TCX decoding: bytes in, in chunks cut anywhere; activities out, or an error that says where the file is wrong.
// Never a shorter activity: what is not a complete, well-formed document has no result. Memory is the samples, one chunk
// and a carry of at most 16 KiB. It does not fetch, and it does not judge whether an activity is plausible.

import { ActivityBuilder } from "./builder.ts";
import { ByteCursor } from "./byte-cursor.ts";
import type { TcxDocument } from "./document.ts";
import { shown, TcxError } from "./errors.ts";
import { emptyReading } from "./samples.ts";
import { XmlScanner } from "./scanner.ts";
import { longestTrackpoint, TemplateSet, type TrackpointTemplate } from "./template.ts";

export interface TcxLimits {
  /** Bytes of the input; 256 MiB unless given, four days and a half at one point a second. */
  readonly maxBytes?: number;
  /** Trackpoints in all activities; a million unless given, which is 41 MB of samples. */
  readonly maxTrackpoints?: number;
}

const defaultMaxBytes = 256 * 1024 * 1024;
const defaultMaxTrackpoints = 1_000_000;

/**
 * Decodes one file. Call `push` with its bytes, then `end` once.
 *
 * @example
 * const decoder = new TcxDecoder();
 * for await (const chunk of response.body) decoder.push(chunk);
 * const { activities } = decoder.end();
 */
export class TcxDecoder {
  readonly #maxBytes: number;
  readonly #maxTrackpoints: number;
  readonly #templates = new TemplateSet();
  readonly #builder = new ActivityBuilder(this.#templates);
  readonly #scanner = new XmlScanner(this.#builder);
  readonly #reading = emptyReading();

  /** The carry: the start of a trackpoint at the end of a chunk, with room for what follows it in the next one. */
  readonly #window = new Uint8Array(2 * longestTrackpoint);
  readonly #windowView = new DataView(this.#window.buffer);
  #carried = 0;
  readonly #cursor = new ByteCursor(this.#windowView);

  #bytes = 0;
  #state: "open" | "ended" | TcxError = "open";

  constructor(limits: TcxLimits = {}) {
    this.#maxBytes = limits.maxBytes ?? defaultMaxBytes;
    this.#maxTrackpoints = limits.maxTrackpoints ?? defaultMaxTrackpoints;
  }

  /**
   * Takes the next bytes. The chunk is not kept: its memory may be used again after the call.
   *
   * @throws TcxError as soon as the file cannot be right any more; the same error again from every later call
   */
  push(chunk: Uint8Array): void {
    this.#guarded(() => {
      if (this.#bytes + chunk.length > this.#maxBytes) {
        throw new TcxError("too_large", `the input is longer than ${this.#maxBytes} bytes`, this.#maxBytes);
      }
      const start = this.#carried === 0 ? 0 : this.#pushCarried(chunk);
      if (start < chunk.length) this.#pushRest(chunk, start);
      this.#bytes += chunk.length;
    });
  }

  /**
   * Says that the input is complete.
   *
   * @throws TcxError `truncated` if the document is not, `no_activity` if it holds none, or an error of `push`
   */
  end(): TcxDocument {
    return this.#guarded(() => {
      const base = this.#bytes - this.#carried;
      let index = 0;
      while (index < this.#carried) index = this.#scanner.run(this.#windowView, index, this.#carried, base);
      this.#scanner.finish(this.#bytes);
      const { activities, rootName } = this.#builder;
      if (activities.length === 0) {
        throw new TcxError(
          "no_activity",
          `the document (<${shown(rootName)}>) holds no <Activity>`,
          this.#bytes,
        );
      }
      this.#state = "ended";
      return { activities, bytes: this.#bytes };
    });
  }

  #guarded<Result>(work: () => Result): Result {
    if (this.#state === "ended") throw new Error("the decoder has ended");
    if (this.#state !== "open") throw this.#state;
    try {
      return work();
    } catch (error) {
      if (error instanceof TcxError) this.#state = error;
      throw error;
    }
  }

  /**
   * Goes on with the carried trackpoint, now that more bytes are there.
   *
   * @returns how many bytes of the chunk it has read
   */
  #pushCarried(chunk: Uint8Array): number {
    const carried = this.#carried;
    const added = Math.min(chunk.length, this.#templates.longest);
    this.#window.set(chunk.subarray(0, added), carried);
    const read = this.#read(this.#windowView, 0, carried, carried + added, this.#bytes - carried);
    this.#builder.forgetCandidate();
    this.#carried = 0;
    if (read >= carried) return read - carried;
    // Still not enough for one trackpoint: then fewer than the longest were added, and the chunk is in the window whole.
    this.#window.copyWithin(0, read, carried + added);
    this.#carried = carried + added - read;
    return added;
  }

  #pushRest(chunk: Uint8Array, start: number): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const read = this.#read(view, start, chunk.length, chunk.length, this.#bytes);
    this.#builder.forgetCandidate();
    this.#window.set(chunk.subarray(read));
    this.#carried = chunk.length - read;
  }

  /**
   * Reads on from byte `start` of a buffer, at least as far as `limit`, and in any case no further than `end`.
   *
   * @returns where it stopped: before `limit` only if a trackpoint begins there that may fit a template but lacks its end
   */
  #read(view: DataView, start: number, limit: number, end: number, base: number): number {
    let index = start;
    while (index < limit) {
      const match = this.#matchTrackpoint(view, index, end);
      if (match === "needs_more") return index;
      if (match === "mismatch") {
        index = this.#scanner.run(view, index, limit, base);
        this.#builder.learn(view, index);
      } else {
        index = this.#cursor.position;
        this.#builder.addUsual(this.#reading, match);
      }
      this.#checkLimits(base + index);
    }
    return index;
  }

  #matchTrackpoint(
    view: DataView,
    index: number,
    end: number,
  ): TrackpointTemplate | "needs_more" | "mismatch" {
    if (this.#templates.isEmpty || !this.#scanner.atTagEnd || !this.#builder.isInTrack) return "mismatch";
    this.#cursor.view = view;
    this.#cursor.position = index;
    this.#cursor.end = end;
    return this.#templates.match(this.#cursor, this.#reading);
  }

  #checkLimits(offset: number): void {
    if (this.#builder.trackpoints > this.#maxTrackpoints) {
      throw new TcxError("too_large", `there are more than ${this.#maxTrackpoints} trackpoints`, offset);
    }
    const { excess } = this.#builder;
    if (excess !== null) throw new TcxError("too_large", excess, offset);
  }
}

/**
 * Decodes a file from a stream of its bytes. On an error the stream is cancelled.
 *
 * @throws TcxError, or what the stream itself throws
 */
export async function decodeTcx(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  limits?: TcxLimits,
): Promise<TcxDocument> {
  const decoder = new TcxDecoder(limits);
  for await (const chunk of stream) decoder.push(chunk);
  return decoder.end();
}
