/**
 * What an API said in one answer, read once, for every part that decides or explains: policies, rules, the limiter, the
 * circuit, errors, events and `explain()`.
 *
 * HTTP gives a failure a status and, at best, a `Retry-After`. Codes, messages, waits and quotas are in a different
 * place in each API. If two parts of the client read them separately, they may disagree about what happened.
 */

/** What happened, whatever the status is: a 403 or a 400 can be a rate limit, and a 429 can be a spent quota. */
export type Kind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'conflict'
  | 'rateLimited'
  | 'quotaSpent'
  | 'overloaded'
  | 'failed';

/** One quota of an answer; each member only if the answer has it. */
export interface ApiQuota {
  /** The name of the bucket that this quota counts. */
  readonly bucket?: string;
  /** What a window grants. */
  readonly limit?: number;
  /** What is left of it. */
  readonly remaining?: number;
  /** When the window ends, in milliseconds since 1970 by the wall clock of this machine. */
  readonly resetAt?: number;
  /** What is counted. */
  readonly counts?: 'requests' | 'tokens' | 'cost';
}

/** The quota that runs out first. */
export type Quota = Pick<ApiQuota, 'limit' | 'remaining' | 'resetAt'>;

/** One thing that is wrong with what was sent. */
export interface Issue {
  /** Where, as a dotted path: `items.0.name`; empty for the whole. */
  readonly path: string;
  readonly message: string;
  readonly code?: string;
}

/** The facts of one answer. A fact that the answer does not have is absent. */
export interface ApiAnswer {
  readonly kind: Kind;
  /** The API's own code; never the status, nor its phrase. */
  readonly code?: string;
  readonly message?: string;
  /** The class of the error as the API names it; for problem details the URI of their type. */
  readonly type?: string;
  /** The parameter at fault. */
  readonly param?: string;
  /** The id by which support finds the request. */
  readonly requestId?: string;
  /** Each problem that the answer lists. */
  readonly issues: readonly Issue[];
  /** A page of the API's documentation about this error. */
  readonly helpUrl?: string;
  /** The scope or permission that the request lacked. */
  readonly scope?: string;
  /** How long the server asks for a pause, in milliseconds from the answer. */
  readonly waitMs?: number;
  /** Where the wait was given: a header's name, a member of the body, or `quota`. */
  readonly waitSource?: string;
  readonly quotas: readonly ApiQuota[];
  /** Whether to send the request again, where the answer itself says so. */
  readonly retry?: 'yes' | 'no';
  /** What says so: a header's name, or `dialect (stripe)`; absent where the code or the status does. */
  readonly retrySource?: string;
  /** `no`: the answer proves that the server did not act on the request. */
  readonly applied?: 'no';
  /** The whole body: parsed JSON, or else the text. */
  readonly data?: unknown;
  /** Why a dialect's own `read` could not read the answer, if it threw. */
  readonly readerError?: string;
}

/** What has been found of an answer so far; a fact that it does not have may be `undefined`. */
export type Found = { readonly [K in keyof ApiAnswer]?: ApiAnswer[K] | undefined };

/** The parts of an answer that are read. */
export interface AnswerParts {
  readonly status: number;
  readonly headers: Headers;
  /** The body as text, as far as it was read; `undefined` if it was not. */
  readonly text?: string | undefined;
  /** Milliseconds since 1970 by the wall clock, at the arrival of the answer. */
  readonly wallNowMs: number;
  /** The text is an event of a stream, and not the whole body. */
  readonly isEvent?: boolean;
}

declare module '../kernel/outcome.js' {
  interface ResponseOutcome {
    /** What the API says in a failed answer, read once; absent for a success. */
    readonly api?: ApiAnswer;
  }
}

declare module '../kernel/events.js' {
  interface AttemptEnded {
    /** What happened, whatever the status is; absent for a success and where there was no answer. */
    readonly kind?: Kind;
  }
}

declare module '../kernel/call.js' {
  interface AttemptRecord {
    /** Set for a success that a dialect calls an error; absent where the status says that it is one. */
    readonly kind?: Kind;
  }
}
