/** What a probe asks for; each contender says it in its own words. Durations are in milliseconds. */
export interface Settings {
  /** The backoff: short, so that the comparison is. */
  readonly delayMs?: number;
  /** Retries after the first attempt; 0 for none. */
  readonly retries?: number;
  /** One attempt, until the headers where the library can tell. */
  readonly timeoutMs?: number;
  /** The whole call. */
  readonly totalMs?: number;
  readonly maxRetryAfterMs?: number;
  /** A bearer token, and how to get a new one after a 401. */
  readonly auth?: { token: string; refresh(): Promise<string> };
  readonly circuit?: { readonly minimumCalls: number; readonly openMs: number };
  readonly queue?: { readonly running: number; readonly waiting: number };
  /** How many requests a second. */
  readonly perSecond?: number;
  readonly idempotencyKeys?: true;
  /** A key of the API's, to go to the API's origin only. */
  readonly apiKey?: string;
  /** Called before each retry. */
  readonly onRetry?: () => void;
}

/** What a library has no feature for, by setting: the probe's cell then says so. */
export type Lacks = Partial<Record<keyof Settings, string>>;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  /** Sends, retries, and gives what came in the end, read whole. An error status may resolve or reject, as the library has it. */
  send(url: string, call?: Call): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends, and gives the body as it comes. */
  stream(url: string): Promise<AsyncIterable<Uint8Array>>;
  close?(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** The packages that a user installs. */
  readonly packages: readonly string[];
  readonly lacks: Lacks;
  open(origin: string, settings: Settings): Client;
  /** A client whose transport is another one of the same, both with two retries; not given where the library takes no transport. */
  nest?(origin: string): Client;
}

/**
 * One refresh for all calls that wait at the same time, as in the libraries' recipes; hooks of ky and got cannot do
 * more.
 */
export function sharedRefresh(auth: Settings['auth']): (() => Promise<string>) | undefined {
  let refreshing: Promise<string> | undefined;
  return (
    auth &&
    (() => {
      refreshing ??= auth.refresh().then((token) => {
        auth.token = token;
        refreshing = undefined;
        return token;
      });
      return refreshing;
    })
  );
}
