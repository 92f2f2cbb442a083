/**
 * The settings that a probe asks for. Each contender translates them into its own options. Durations are in milliseconds.
 */
export interface Settings {
  /** The backoff. It is short, so that the comparison takes little time. */
  readonly delayMs?: number;
  /** Retries after the first attempt; 0 for none. */
  readonly retries?: number;
  /** The limit of one attempt, until the headers if the library distinguishes them. */
  readonly timeoutMs?: number;
  /** The limit of the whole call. */
  readonly totalMs?: number;
  readonly maxRetryAfterMs?: number;
  /** A bearer token, and how to get a new one after a 401. */
  readonly auth?: { token: string; refresh(): Promise<string> };
  readonly circuit?: { readonly minimumCalls: number; readonly openMs: number };
  readonly queue?: { readonly running: number; readonly waiting: number };
  /** How many requests a second. */
  readonly perSecond?: number;
  readonly idempotencyKeys?: true;
  /** An API key that must be sent only to the API's own origin. */
  readonly apiKey?: string;
  /** Called before each retry. */
  readonly onRetry?: () => void;
}

/** Settings for which a library has no feature. The probe's cell then shows the given text. */
export type Lacks = Partial<Record<keyof Settings, string>>;

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  /**
   * Sends, retries, and returns the final answer, read to its end. An error status may resolve or reject, as the library
   * does it.
   */
  send(url: string, call?: Call): Promise<{ readonly status: number; readonly text: string }>;
  /** Sends, and returns the body as a stream. */
  stream(url: string): Promise<AsyncIterable<Uint8Array>>;
  close?(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** The packages that a user installs. */
  readonly packages: readonly string[];
  readonly lacks: Lacks;
  open(origin: string, settings: Settings): Client;
  /**
   * A client whose transport is another client of the same library, both with two retries; absent if the library takes no
   * transport.
   */
  nest?(origin: string): Client;
}

/**
 * One refresh for all calls that wait at the same time, as in the libraries' recipes. Hooks of ky and got can't do more.
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
