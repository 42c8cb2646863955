/**
 * A client of Journey Hub in one file, without dependencies: for browsers, Node, Deno and Bun.
 *
 * A document is text that knows its types: `document<Data, Variables>("query ...")`, or what graphql-codegen writes with
 * `documentMode: "string"`.
 */

export interface Typed<Data, Variables> {
  __apiType?: (variables: Variables) => Data;
}
export type Document<Data, Variables> = { toString(): string } & Typed<Data, Variables>;

export const document = <Data, Variables = Record<string, never>>(text: string): Document<Data, Variables> => text;

export interface Fault {
  message: string;
  path?: readonly (string | number)[];
  extensions: { code: string; reference?: string; cursor?: string; retryAfter?: number };
}

export interface Answer<Data> {
  data: Data;
  /** Why single fields are null, as one that the token does not open: status 294. */
  errors: readonly Fault[];
}

/** There is no answer: the token is no good, the document is refused, the hub is busy or cannot be reached. */
export class Refused extends Error {
  readonly status: number;
  readonly errors: readonly Fault[];
  /** Seconds after which the hub would be asked again. */
  readonly retryAfter: number | null;

  constructor(status: number, errors: readonly Fault[], retryAfter: number | null = null) {
    super(errors[0]?.message ?? `The hub could not be asked: status ${status}.`);
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  /** `UNAUTHENTICATED`, `LIMIT_EXCEEDED` and so on; what did not come from the hub has `UNREACHABLE`. */
  get code(): string {
    return this.errors[0]?.extensions.code ?? "UNREACHABLE";
  }

  /** Whether the same may go well later. */
  get passes(): boolean {
    return this.code === "UNREACHABLE" || this.status === 429 || this.status === 503;
  }
}

export interface Page<Node> {
  nodes: readonly Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface Options {
  signal?: AbortSignal;
}

const GRAPHQL = "application/graphql-response+json";

export class Hub {
  readonly #url: string;
  readonly #token: string;

  /** `url` ends with `/graphql`. */
  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Ask, or write. Throws `Refused` when there is no data. */
  async ask<Data, Variables>(
    query: Document<Data, Variables>,
    variables: Variables,
    options: Options = {},
  ): Promise<Answer<Data>> {
    const body = JSON.stringify({ query: query.toString(), variables });
    return this.#answer<Data>(await this.#send(this.#url, { ...options, method: "POST", body }));
  }

  /** Ask by the id of a registered document: a GET, whose answer a browser keeps and asks about with its ETag. */
  async trusted<Data, Variables>(
    query: Document<Data, Variables>,
    variables: Variables,
    options: Options = {},
  ): Promise<Answer<Data>> {
    const given = new URLSearchParams({ variables: JSON.stringify(variables) });
    return this.#answer<Data>(await this.#send(`${this.#url}/${await documentId(query)}?${given}`, options));
  }

  /** A list, page by page. What comes or goes meanwhile shifts no page. */
  async *pages<Data, Variables, Node>(
    query: Document<Data, Variables & { after: string | null }>,
    variables: Variables,
    list: (data: Data) => Page<Node>,
    options: Options = {},
  ): AsyncGenerator<Page<Node>> {
    for (let after: string | null = null; ; ) {
      const page: Page<Node> = list((await this.ask(query, { ...variables, after }, options)).data);
      yield page;
      if (!page.pageInfo.hasNextPage) return;
      after = page.pageInfo.endCursor;
    }
  }

  /**
   * Follow a live query from a cursor on, or from now. When the connection is cut it goes on after the last answer:
   * nothing is missing or doubled. Throws `Refused` when coming again would not help.
   */
  async *follow<Data, Variables>(
    query: Document<Data, Variables>,
    variables: Variables,
    after: string | null = null,
    options: Options = {},
  ): AsyncGenerator<Answer<Data>> {
    const body = JSON.stringify({ query: query.toString(), variables });
    for (let pause = 250; ; pause = Math.min(2 * pause, 30_000)) {
      try {
        const headers = { Accept: "text/event-stream", ...(after === null ? {} : { "Last-Event-ID": after }) };
        const response = await this.#send(this.#url, { ...options, method: "POST", body, headers });
        if (!response.ok || response.body === null) throw await refusal(response);
        for await (const event of events(response.body)) {
          if (event.type === "complete") return;
          const { data, errors = [] } = JSON.parse(event.data) as Partial<Answer<Data>>;
          const missed = errors[0]?.extensions.cursor;
          after = event.id ?? missed ?? after;
          if (missed !== undefined) break; // too slow a reader: it comes again
          if (data === undefined || data === null) throw new Refused(response.status, errors);
          pause = 125;
          yield { data, errors };
        }
      } catch (error) {
        const passes = error instanceof Refused ? error.passes : error instanceof TypeError;
        if (options.signal?.aborted || !passes) throw error;
      }
      await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random() / 2)));
    }
  }

  #send(url: string, { headers, ...init }: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    return fetch(url, {
      ...init,
      headers: {
        Accept: GRAPHQL,
        Authorization: `Bearer ${this.#token}`,
        ...(init.body ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
    });
  }

  async #answer<Data>(response: Response): Promise<Answer<Data>> {
    if (!isAnswer(response)) throw await refusal(response);
    const { data, errors } = (await response.json()) as { data?: Data | null; errors?: Fault[] };
    if (data === undefined || data === null) throw new Refused(response.status, errors ?? [], pauseOf(response));
    return { data, errors: errors ?? [] };
  }
}

/** The id of a document: the digest of its text. */
export async function documentId(text: { toString(): string }): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text.toString()));
  return "sha256:" + Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const isAnswer = (response: Response): boolean => response.headers.get("Content-Type")?.startsWith(GRAPHQL) ?? false;

const pauseOf = (response: Response): number | null => {
  const seconds = response.headers.get("Retry-After");
  return seconds === null ? null : Number(seconds);
};

/** What a response without an answer says; a proxy's page says nothing. */
async function refusal(response: Response): Promise<Refused> {
  const said = response.headers.get("Content-Type")?.includes("json") ? await response.json().catch(() => null) : null;
  return new Refused(response.status, (said as { errors?: Fault[] } | null)?.errors ?? [], pauseOf(response));
}

interface Event {
  type: string;
  data: string;
  id?: string;
}

/** Server-Sent Events; comments are passed over. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let held = ""; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (held + decoder.decode(value, { stream: true })).split("\n\n");
      held = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
        const [type, id] = [fields.get("event"), fields.get("id")];
        if (type) yield { type, data: fields.get("data") ?? "", ...(id ? { id } : {}) };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
