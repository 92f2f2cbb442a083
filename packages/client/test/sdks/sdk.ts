import type { ResilientFetch } from 'holdfast';
import type { Api } from './flaky-service.ts';

/** One SDK and the service that it talks to, with the same functions for every SDK. */
export interface Sdk {
  readonly name: string;
  readonly api: Api;
  /** The HTTP method of `read()`. */
  readonly reads: 'GET' | 'POST';
  /** The SDK adds an idempotency key to its POSTs. */
  readonly sendsKeys?: true;
  /** The SDK passes a Request to fetch. */
  readonly sendsRequests?: true;
  readonly takesNoSignal?: true;
  /** The SDK always sends credentials. */
  readonly sendsCredentials?: true;
  /** The SDK as a user configures it, with its own retries off. */
  connect(origin: string, fetch: ResilientFetch): Face | Promise<Face>;
}

/** What the tests do with an SDK. */
export interface Face {
  read(signal?: AbortSignal): Promise<unknown>;
  /** Sends a POST. */
  write(): Promise<unknown>;
  /** Sends a POST with this much text. */
  upload(text: string): Promise<unknown>;
  /** Reads a stream to its end, or until the signal aborts, and reports each piece when it arrives. */
  stream(taken: (piece: string) => void, enough: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
