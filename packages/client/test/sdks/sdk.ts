import type { ResilientFetch } from 'holdfast';
import type { Api } from './flaky-service.ts';

/** One SDK, with the service that it talks to, so that all can be asked the same. */
export interface Sdk {
  readonly name: string;
  readonly api: Api;
  /** The method of `read()`. */
  readonly reads: 'GET' | 'POST';
  /** Its POSTs carry an idempotency key of its own making. */
  readonly sendsKeys?: true;
  /** It makes a Request, and hands that to fetch. */
  readonly sendsRequests?: true;
  readonly takesNoSignal?: true;
  /** It always sends a credential of its own. */
  readonly sendsCredentials?: true;
  /** The SDK as a user sets it up, with its own retries off. */
  connect(origin: string, fetch: ResilientFetch): Face | Promise<Face>;
}

/** What the tests ask of an SDK. */
export interface Face {
  read(signal?: AbortSignal): Promise<unknown>;
  /** A POST. */
  write(): Promise<unknown>;
  /** A POST with this much text. */
  upload(text: string): Promise<unknown>;
  /** Reads a stream to its end, and tells each piece as it comes; until the signal says that it is enough. */
  stream(taken: (piece: string) => void, enough: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
