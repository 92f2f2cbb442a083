import type { AnswerParts, ApiAnswer, ApiQuota, Kind } from './api-answer.ts';

declare module '../kernel/call-context.js' {
  interface CallSettings {
    /**
     * How the API reports errors, waits and quotas, where general rules cannot know it; absent if the user names none.
     */
    readonly dialects?: readonly Dialect[] | undefined;
  }
}

/**
 * How one API reports errors, waits and quotas, as data, where no general rule can know it: a wait that is only in its
 * documentation, the unit of a reset, a 200 that is an error.
 *
 * A dialect is chosen by the user and never guessed from an answer: a guess that is wrong sends a request again that
 * should not be sent, and does so silently.
 */

/**
 * Where a value is in a JSON body: member names with dots, `[0]` for an entry of a list, `[@type$=RetryInfo]` for the
 * first entry whose member equals (`=`), starts with (`^=`), ends with (`$=`) or contains (`*=`) a text. `[*].error.code`
 * is the value that all entries have in common; what is no list counts as a list of one. A name with a dot is put in
 * quotes: `error.".tag"`.
 */
export type Path = string;

/** Where a value is: a path into the JSON body, or a header. */
export type Where = Path | { readonly header: string };

/** How a time is written: seconds or milliseconds from now, since 1970, an ISO 8601 moment, a duration such as `6m0s`. */
export type Unit = 's' | 'ms' | 'epoch' | 'epochMs' | 'iso' | 'duration';

/** The answers that it applies to: all given conditions must hold, and one entry of each list. */
export interface Test {
  readonly status?: number | readonly number[];
  /** The code that was read by the general rules and `error.code`. */
  readonly code?: string | readonly string[];
  /** A header that must be there; `is`, `isNot` and `text` look at its value. */
  readonly header?: string;
  /** A member that must be there; `is`, `isNot` and `text` look at its value. */
  readonly path?: Path;
  readonly is?: unknown;
  readonly isNot?: unknown;
  /** Tested against the value of `path` or `header`, else against the message. */
  readonly text?: RegExp;
}

/** A wait that the API gives in a place of its own, or only in its documentation. */
export type DialectWait =
  | { readonly from: Where; readonly unit: Unit; readonly when?: Test }
  | { readonly ms: number; readonly when: Test };

/** A quota that the API gives in a place of its own. */
export interface DialectQuota {
  /** The name of the quota, if the answer does not give it. */
  readonly name?: Where;
  readonly bucket?: Where;
  readonly limit?: Where;
  readonly used?: Where;
  readonly remaining?: Where;
  readonly reset?: { readonly from: Where; readonly unit: Unit };
  readonly counts?: ApiQuota['counts'];
}

/** What an answer means, where its status and its code do not say. The first verdict whose test holds counts. */
export interface DialectVerdict {
  readonly when: Test;
  readonly kind: Kind;
  readonly retry?: boolean;
  readonly applied?: 'no';
}

/** How an API reports errors, waits and quotas. What it leaves out is read by the general rules. */
export interface Dialect {
  /** Named in the decision: `dialect (stripe)`. */
  readonly name: string;
  /** Where the facts of an error are; the first place that has a value counts. */
  readonly error?: {
    readonly code?: readonly Where[];
    readonly message?: readonly Where[];
    readonly type?: readonly Where[];
    readonly param?: readonly Where[];
    readonly requestId?: readonly Where[];
    readonly helpUrl?: readonly Where[];
    readonly scope?: readonly Where[];
    readonly issues?: { readonly list: Path; readonly path?: Path; readonly message?: Path; readonly code?: Path };
  };
  /**
   * A success that is an error all the same, and the status as which it counts: by default that of its kind. With
   * `in: 'streams'` only the first event of a stream of server-sent events is looked at, and no other success is read for it.
   */
  readonly failure?: { readonly when: Test; readonly status?: number; readonly in?: 'streams' };
  readonly wait?: readonly DialectWait[];
  readonly quotas?: readonly DialectQuota[];
  readonly verdicts?: readonly DialectVerdict[];
  /**
   * For what data can't express. Its result takes precedence over everything else. If it throws, the answer is read
   * without it, and the error says so in `error.error.readerError`.
   */
  read?(parts: AnswerParts & { readonly data: unknown }): Partial<ApiAnswer> | undefined;
}
