import type { Call } from './call.ts';
import type { Emit } from './events.ts';

/**
 * What is known about one call on its way inwards. It is derived, never changed; only its {@link Call} grows, which
 * keeps the history.
 */
export interface CallContext {
  readonly call: Call;
  /** 1 for the first. */
  readonly attempt: number;
  /** The only signal that counts: the caller's abort, the deadline and the attempt's timeout come in by it. */
  readonly signal: AbortSignal;
  readonly random: () => number;
  readonly emit: Emit;
  readonly settings: CallSettings;
  /** What the transport gets besides the request: a runtime's own options such as `dispatcher`, `next`, `cf`. */
  readonly init?: RequestInit;
  /**
   * Headers as the caller wrote them, the nearest first: a Request shows their names in lower case. Their values may have
   * changed since; a transport that writes headers itself takes the case of the names from here.
   */
  readonly headersGiven?: readonly HeadersGiven[];
}

/**
 * A value from which Headers are made. The DOM's name for it, `HeadersInit`, does not exist for users of `@types/node`
 * alone.
 */
export type HeadersGiven = NonNullable<ConstructorParameters<typeof Headers>[0]>;

/**
 * The options that may differ from call to call, resolved. A feature that has such an option declares it in its own folder
 * (`declare module`).
 */
export interface CallSettings {
  /** One attempt's allowance until the headers, in milliseconds. */
  readonly timeout: number | false;
  /** The whole call's, in milliseconds. */
  readonly totalTimeout: number | false;
}
