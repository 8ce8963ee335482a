// The two JSON APIs that the demo talks to: the Worker's, with the key that FitGlue would hold, and the simulator's control
// routes, which stand for the watch and the user's phone. An answer that is not a success is an error that says what was asked.

export class DemoError extends Error {
  override readonly name = "DemoError";
}

export class HttpClient {
  readonly baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param apiKey sent as a bearer token when given. */
  constructor(baseUrl: string, apiKey?: string) {
    this.baseUrl = baseUrl;
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  async get<Answer>(path: string): Promise<Answer> {
    return await this.#send<Answer>("GET", path);
  }

  async post<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    return await this.#send<Answer>("POST", path, JSON.stringify(body), "application/json");
  }

  async put<Answer>(path: string, body: unknown): Promise<Answer> {
    return await this.#send<Answer>("PUT", path, JSON.stringify(body), "application/json");
  }

  async patch<Answer>(path: string, body: unknown): Promise<Answer> {
    return await this.#send<Answer>("PATCH", path, JSON.stringify(body), "application/json");
  }

  async delete<Answer>(path: string): Promise<Answer> {
    return await this.#send<Answer>("DELETE", path);
  }

  /** Sends bytes as they are. */
  async postBytes<Answer>(path: string, body: Uint8Array<ArrayBuffer>, contentType: string): Promise<Answer> {
    return await this.#send<Answer>("POST", path, body, contentType);
  }

  async #send<Answer>(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    contentType?: string,
  ): Promise<Answer> {
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { ...this.#headers, ...(contentType === undefined ? {} : { "content-type": contentType }) },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new DemoError(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    }
    return (text === "" ? null : JSON.parse(text)) as Answer;
  }
}
