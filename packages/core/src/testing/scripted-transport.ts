/** How one request is answered. */
export type Step =
  /** A status, with an empty body. */
  | number
  /** No answer: the promise rejects with it. */
  | Error
  /** Returned unchanged, once. */
  | Response
  | {
      readonly status?: number;
      readonly headers?: ConstructorParameters<typeof Headers>[0];
      readonly body?: NonNullable<RequestInit['body']>;
      readonly json?: unknown;
    }
  | ((request: Request, signal: AbortSignal | undefined) => Response | Promise<Response>);

/** The requests that a scripted transport has received. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text; empty where there was none. */
  readonly body: string;
}

export interface ScriptedTransport {
  (request: string | URL | Request, context?: Pick<RequestInit, 'signal'>): Promise<Response>;
  /** Every request so far, in order. */
  readonly requests: readonly SeenRequest[];
}

type Fetch = (request: string | URL | Request, context?: Pick<RequestInit, 'signal'>) => Promise<Response>;

/**
 * Answers one request after the other as the script says. Use it as a client's `fetch` or as a pipeline's transport.
 * A request beyond the script's end is refused with an error that says so.
 */
export function scriptedTransport(script: readonly Step[]): ScriptedTransport {
  const requests: SeenRequest[] = [];
  const send: Fetch = async (given, context) => {
    const request = given instanceof Request ? given : new Request(given, context);
    const signal = context?.signal ?? undefined;
    const index = requests.length;
    const seen = { method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body: '' };
    requests.push(seen);
    seen.body = request.body === null ? '' : await request.text();
    if (signal?.aborted) throw signal.reason;
    if (index >= script.length) {
      throw new Error(`scriptedTransport: request ${index + 1} came, but the script has ${script.length} steps`);
    }
    return answer(script[index] as Step, request, signal);
  };
  return Object.assign(send, { requests });
}

/** A step that never answers; it ends when the request is aborted. */
export function hang(): Step {
  return (_request, signal) =>
    new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
}

/** A step that fails as the platform's fetch does: `TypeError: fetch failed`, with a code such as `ECONNREFUSED`. */
export function networkFailureOf(code: string): Step {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
}

function answer(step: Step, request: Request, signal: AbortSignal | undefined): Response | Promise<Response> {
  if (typeof step === 'function') return step(request, signal);
  if (step instanceof Error) throw step;
  if (step instanceof Response) return step;
  if (typeof step === 'number') return new Response(null, { status: step });
  const { status = 200, headers, body, json } = step;
  const init = { status, ...(headers && { headers }) };
  return json === undefined ? new Response(body ?? null, init) : Response.json(json, init);
}
