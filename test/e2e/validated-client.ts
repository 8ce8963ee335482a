// The API as FitGlue calls it, with every answer held against `/openapi.json`: an answer that the document does not describe,
// in its status, its media type or its shape, fails the test that asked.

import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { DemoError, HttpClient } from "../../scripts/demo/http-client.ts";
import { localApiKey } from "../../scripts/local-environment.ts";

interface Description {
  readonly paths: Record<string, Record<string, { responses: Record<string, ResponseDescription> }>>;
}
interface ResponseDescription {
  readonly content?: Record<string, { schema?: unknown }>;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export class ValidatedClient {
  /** Operations that were asked, as `GET /v1/activities`. */
  readonly asked = new Set<string>();
  readonly #url: string;
  readonly #description: Description;
  readonly #ajv: Ajv2020;
  readonly #validators = new Map<string, ValidateFunction>();

  private constructor(url: string, description: Description) {
    this.#url = url;
    this.#description = description;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(description, "api");
  }

  static async open(url: string): Promise<ValidatedClient> {
    const response = await fetch(`${url}/openapi.json`);
    return new ValidatedClient(url, (await response.json()) as Description);
  }

  /** Every operation that the document describes. */
  get operations(): string[] {
    return Object.entries(this.#description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  async get<Body>(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return await this.#send("GET", path, undefined, headers);
  }

  async post<Body>(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return await this.#send("POST", path, body, headers);
  }

  async delete<Body>(path: string): Promise<Answer<Body>> {
    return await this.#send("DELETE", path, undefined, {});
  }

  async #send<Body>(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${localApiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // A file is described as text or bytes, GeoJSON too.
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "");
    const value: unknown = text === "" ? undefined : isJson ? JSON.parse(text) : text;
    this.#validate(method, path, response, value);
    return { status: response.status, headers: response.headers, body: value as Body };
  }

  #validate(method: string, path: string, response: Response, value: unknown): void {
    const template = this.#templateOf(path.split("?")[0] ?? "");
    const operation = `${method} ${template} ${response.status}`;
    this.asked.add(`${method} ${template}`);
    const described = this.#description.paths[template]?.[method.toLowerCase()]?.responses[response.status];
    if (described === undefined) throw new Error(`${operation} is not described: ${JSON.stringify(value)}`);
    const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (value === undefined) {
      if (described.content !== undefined) throw new Error(`${operation} is empty`);
      return;
    }
    if (described.content?.[mediaType]?.schema === undefined) {
      throw new Error(`${operation} answered ${mediaType}, which is not described`);
    }
    const encode = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
    const pointer = [
      "paths",
      template,
      method.toLowerCase(),
      "responses",
      String(response.status),
      "content",
      mediaType,
    ];
    const reference = `api#/${[...pointer, "schema"].map(encode).join("/")}`;
    const validator = this.#validators.get(reference) ?? this.#ajv.compile({ $ref: reference });
    this.#validators.set(reference, validator);
    if (!validator(value)) {
      throw new Error(`${operation} is not as described: ${this.#ajv.errorsText(validator.errors)}`);
    }
  }

  #templateOf(path: string): string {
    // `/v1/activities/{id}` also fits what `/v1/activities/{id}.tcx` means: the one that says more counts.
    const [template] = Object.keys(this.#description.paths)
      .filter((candidate) =>
        new RegExp(`^${candidate.replace(/\./g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path),
      )
      .sort((one, other) => other.length - one.length);
    if (template === undefined) throw new Error(`${path} is not described`);
    return template;
  }
}

/** The same for whoever takes the demo's client, as `connect` does: an answer that is not a success is an error there. */
export class ValidatedHttpClient extends HttpClient {
  readonly #client: ValidatedClient;

  constructor(url: string, client: ValidatedClient) {
    super(url);
    this.#client = client;
  }

  static async open(url: string): Promise<ValidatedHttpClient> {
    return new ValidatedHttpClient(url, await ValidatedClient.open(url));
  }

  override async get<Body>(path: string): Promise<Body> {
    return successOf(path, await this.#client.get<Body>(path));
  }

  override async post<Body>(path: string, body: unknown = {}): Promise<Body> {
    return successOf(path, await this.#client.post<Body>(path, body));
  }
}

function successOf<Body>(path: string, { status, body }: Answer<Body>): Body {
  if (status < 200 || status > 299) {
    throw new DemoError(`${path} answered ${status}: ${JSON.stringify(body).slice(0, 500)}`);
  }
  return body;
}
