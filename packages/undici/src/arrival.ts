import { unsent } from '@holdfast/core/internal/late';
import type { Head } from './head.ts';
import { headerIn } from './received-headers.ts';
import type { Dispatcher } from './undicis-own.ts';

type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Waiting {
  started(head: Head, arrival: Arrival): void;
  failed(error: unknown): void;
}

/** How many bytes of a body may wait for a reader; then the socket is paused. */
const mostAhead = 64 * 1024;

/**
 * One exchange, as undici reports it. Bytes that arrive before they are read are kept, up to a limit; then the socket
 * waits for the reader. So a short body is available at once, without a stream.
 */
export class Arrival implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  /**
   * Resolves the promise of the head. It is released after that: the promise holds the Response, which could otherwise
   * not be garbage-collected.
   */
  #waiting: Waiting | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #state: 'waiting' | 'started' | 'ended' | 'broken' = 'waiting';
  #error: unknown;
  /** True while a reader waits for more bytes, or for all. */
  #wake: (() => void) | undefined;
  #wantsAll = false;
  /** Will the body end without a reader? */
  staysSmall = false;
  #ended: (() => void) | undefined;
  #broken: ((error: unknown) => void) | undefined;

  constructor(signal: AbortSignal | undefined, waiting: Waiting) {
    this.#signal = signal;
    this.#waiting = waiting;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.cancel(this.#signal?.reason);

  /** The body is no longer needed: unread bytes are dropped, and if more would come, the connection is abandoned. */
  cancel(reason: unknown): void {
    const isComing = this.#state === 'waiting' || this.#state === 'started';
    this.#break(reason);
    if (isComing) this.#controller?.abort(reason instanceof Error ? reason : new Error('The request was abandoned'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'broken') controller.abort(new Error('The request was abandoned'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHeaders,
    statusText = '',
  ): void {
    if (status < 200 || this.#state !== 'waiting') return;
    this.#state = 'started';
    const { rawHeaders } = controller as { readonly rawHeaders?: unknown };
    // HTTP/2 has no socket here, nor has a mock.
    const raw = Array.isArray(rawHeaders) ? (rawHeaders as Head['rawHeaders']) : rawOf(headers);
    const head = { status, statusText, rawHeaders: raw };
    this.staysSmall = Number(headerIn(head.rawHeaders, 'content-length')) <= mostAhead;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.started(head, this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#wantsAll) return;
    if (this.#size > mostAhead) controller.pause();
    this.#awake();
  }

  onResponseEnd(): void {
    if (this.#state === 'started') this.#end('ended');
  }

  /** The error in fetch's words, with undici's own as the cause. */
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const failure = new TypeError(this.#state === 'waiting' ? 'fetch failed' : 'terminated', { cause: error });
    // An exchange starts only on a connection that is established, including TLS.
    if (this.#controller === undefined) Object.defineProperty(failure, unsent, { value: true });
    this.#break(failure);
  }

  #break(error: unknown): void {
    if (this.#state === 'broken' || (this.#state === 'ended' && this.#chunks.length === 0)) return;
    this.#error = error;
    this.#chunks = [];
    this.#end('broken');
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.failed(error);
    this.#broken?.(error);
  }

  /** Calls the function when the body breaks, so that a stream of it ends even if it is not being read. */
  whenBroken(broken: (error: unknown) => void): void {
    if (this.#state === 'broken') broken(this.#error);
    else this.#broken = broken;
  }

  /** Calls the function once, when the body has arrived or has broken. */
  whenEnded(ended: () => void): void {
    if (this.#state === 'ended' || this.#state === 'broken') ended();
    else this.#ended = ended;
  }

  #end(state: 'ended' | 'broken'): void {
    this.#state = state;
    this.#awake();
    const ended = this.#ended;
    this.#ended = undefined;
    ended?.();
    // A received answer may still be aborted as long as it is unread.
    if (state === 'broken' || this.#wantsAll || this.#chunks.length === 0) this.#unlink();
  }

  #unlink(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The error that broke the body, if any. */
  get error(): unknown {
    return this.#error;
  }

  /** The rest of the body. */
  async rest(): Promise<Buffer> {
    if (this.#state === 'started') {
      this.#wantsAll = true;
      await this.#more();
    }
    if (this.#state === 'broken') throw this.#error;
    const [first, second] = this.#chunks;
    const whole = second === undefined && first ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#unlink();
    return whole;
  }

  /** The next bytes, or `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.#chunks.length === 0 && this.#state === 'started') {
      await this.#more();
    }
    if (this.#state === 'broken') throw this.#error;
    const chunk = this.#chunks.shift();
    this.#size -= chunk?.length ?? 0;
    if (this.#chunks.length === 0 && this.#state === 'ended') this.#unlink();
    return chunk;
  }

  /** Waits for more bytes. They may arrive at once, while the connection is being resumed. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#controller?.resume();
    });
  }
}

function rawOf(headers: IncomingHeaders): readonly string[] {
  return Object.entries(headers).flatMap(([name, value = []]) =>
    // HTTP/2's pseudo-headers are not headers.
    name.startsWith(':') ? [] : [value].flat().flatMap((each) => [name, each]),
  );
}
