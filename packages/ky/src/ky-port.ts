import {
  type CallSettings,
  defused,
  type RequestBody,
  type RetryHooks,
  sentAs,
  throwingAsUser,
} from '@holdfast/core/internal';
import type { Options } from './kys-own.ts';
import { stringifyJson } from './stringify-json.ts';

/** One call, as ky has merged its options. */
export interface KyCall {
  /** ky's options of this call, merged, as the user gave them. */
  readonly options: Readonly<Options>;
  /** ky's hooks that belong between attempts, if there are any. */
  readonly hooks: RetryHooks | undefined;
  /** Asks `parseJson` about the body of each failure that is retried, as ky does, if the user gives one. */
  readonly readRetried?: CallSettings['readRetried'];
  /** Shows an error to the user's `beforeError` hooks, if there are any, and returns the resulting error. */
  readonly askBeforeError?: (error: Error) => Promise<Error>;
  /** Code that replaces the text to which `json` was serialised registers it here. */
  replaceJson(text: string): void;
  /** Lets go of the port: called when ky's promise has settled, so that ky has no more use for it. */
  readonly release?: () => void;
}

/** Makes the port of a call: all of ky's options are merged, and nothing has been sent. */
export type OpenPort = (call: KyCall) => KyPort;

/** The side of a call behind ky: ky asks it to send, and whether an error status is to be thrown. */
export interface KyPort {
  send(request: Request, init: RequestInit, body: RequestBody): Promise<Response>;
  /** May this final status be thrown as an `HTTPError`? Asked where ky's `throwHttpErrors` says yes. */
  throws(status: number): boolean;
  /** The request's signal for hooks; it aborts when the call ends. */
  readonly signal: AbortSignal | undefined;
  /** The number of retries that were sent. */
  retryCount(): number;
  /** Runs a user's hook within the call's limits. */
  within<T>(work: () => T | Promise<T>): Promise<T>;
  /** Runs a user's hook that is shown how the call has failed: the time may be up already. */
  afterFailure<T>(work: () => Promise<T>, failure: unknown): Promise<T>;
  /**
   * The error with which the call has failed, if ky reports one of its own: the call may have ended while ky read the
   * body.
   */
  failureOf(error: Error): Error;
  /** Runs the user's `parseJson`; for a failed response within the call's limits. */
  parseJson(parse: ParseJson, text: string, context: ParseContext): unknown;
}

/** ky's `parseJson`, and its argument besides the text. */
export type ParseJson = NonNullable<Options['parseJson']>;
type ParseContext = Parameters<ParseJson>[1];

/**
 * What ky's options hold of a call. ky puts functions on its promise that V8 allocates in its old generation, where they
 * keep ky's options, and all that these refer to, until the next full collection: so the link is cut when ky is done.
 */
export interface PortLink {
  port: KyPort | undefined;
  /** The text to which `json` was serialised. */
  serialized: string | undefined;
}

/** Has the port decide what ky's own options decide: what is thrown, how a body is parsed, how `json` is serialised. */
export function usePort(forKy: Options, options: Readonly<Options>, link: PortLink, port: KyPort): void {
  const { parseJson, onDownloadProgress, stringifyJson: stringify } = options;
  forKy.throwHttpErrors = throwing(options, link);
  if (parseJson) forKy.parseJson = parsing(parseJson, port);
  if (onDownloadProgress) forKy.onDownloadProgress = throwingAsUser(onDownloadProgress);
  if (options.json === undefined) return;
  forKy.stringifyJson = (data) => {
    link.serialized = stringifyJson(data, stringify);
    return link.serialized;
  };
}

/** A final error status is thrown if both the user and the port say so. */
function throwing({ throwHttpErrors = true }: Options, link: PortLink): (status: number) => boolean {
  return (status) =>
    (typeof throwHttpErrors === 'function' ? defused(throwHttpErrors(status)) : throwHttpErrors) &&
    (link.port?.throws(status) ?? true);
}

/** The port runs the user's `parseJson`, with the request that was given to `fetch`. */
function parsing(parse: ParseJson, port: KyPort): ParseJson {
  return (text, context) => port.parseJson(parse, text, { ...context, request: sentAs(context.request) });
}
