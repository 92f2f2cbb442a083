import { defused, type RequestBody, type RetryHooks } from '@holdfast/core/internal';
import type { Options } from './kys-own.ts';

/** One call, as ky has merged its options. */
export interface KyCall {
  /** ky's options of this call, merged, as the user gave them. */
  readonly options: Readonly<Options>;
  /** ky's hooks that belong between attempts, if there are any. */
  readonly hooks: RetryHooks | undefined;
  /** Shows an error to the user's `beforeError` hooks, where there are any, and gives what they make of it. */
  readonly askBeforeError?: (error: Error) => Promise<Error>;
  /** Code that replaces the text to which `json` was serialised registers it here. */
  replaceJson(text: string): void;
}

/** Makes the port of a call: all of ky's options are merged, and nothing has been sent. */
export type OpenPort = (call: KyCall) => KyPort;

/** The part behind ky: asked to send, and asked whether a status is to be thrown. */
export interface KyPort {
  send(request: Request, init: RequestInit, body: RequestBody): Promise<Response>;
  /** May this final status be thrown as an `HTTPError`? Asked where ky's `throwHttpErrors` says yes. */
  throws(status: number): boolean;
  /** Ends with the call: what hooks see as the request's signal. */
  readonly signal: AbortSignal | undefined;
  /** How many retries were sent. */
  retryCount(): number;
  /** Runs a user's hook within the call's limits. */
  within<T>(work: () => T | Promise<T>): Promise<T>;
  /** Runs a user's hook that is shown how the call has failed: the time may be up already. */
  afterFailure<T>(work: () => Promise<T>, failure: unknown): Promise<T>;
  /** What the call has failed with, where ky has an error of its own: it may have been ended while ky read the body. */
  failureOf(error: Error): Error;
  /** Runs the user's `parseJson`; for a failed response within the call's limits. */
  parseJson(parse: ParseJson, text: string, context: ParseContext): unknown;
}

/** ky's `parseJson`, and what it is given besides the text. */
export type ParseJson = NonNullable<Options['parseJson']>;
type ParseContext = Parameters<ParseJson>[1];

/** A final status is thrown where the user says so, and the port. */
export function throwing({ throwHttpErrors = true }: Options, port: KyPort): (status: number) => boolean {
  return (status) =>
    (typeof throwHttpErrors === 'function' ? defused(throwHttpErrors(status)) : throwHttpErrors) && port.throws(status);
}
