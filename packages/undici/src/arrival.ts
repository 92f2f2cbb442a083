import { unsent } from '@holdfast/core/internal';
import type { Head } from './head.ts';
import { headerIn } from './received-headers.ts';
import type { Dispatcher } from './undicis-own.ts';

type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Waiting {
  started(head: Head, arrival: Arrival): void;
  failed(error: unknown): void;
}

/** This much of a body waits for its reader; then the socket is paused. */
const mostAhead = 64 * 1024;

/**
 * One exchange, as undici reports it. Bytes that arrive before they are read are kept, up to a limit; then the socket
 * waits for the reader. So a short body is available at once, without a stream.
 */
export class Arrival implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal | undefined;
  /**
   * Waits for the head. Released then: a promise holds its Response, which could otherwise not be garbage collected.
   */
  #waiting: Waiting | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #size = 0;
  #state: 'waiting' | 'started' | 'ended' | 'broken' = 'waiting';
  #error: unknown;
  /** A reader waits for more, or for all. */
  #wake: (() => void) | undefined;
  #wantsAll = false;
  /** Does it end by itself, without a reader? */
  staysSmall = false;
  #ended: (() => void) | undefined;
  #broken: ((error: unknown) => void) | undefined;

  constructor(signal: AbortSignal | undefined, waiting: Waiting) {
    this.#signal = signal;
    this.#waiting = waiting;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  readonly #onAbort = (): void => this.cancel(this.#signal?.reason);

  /** It is no longer needed: unread bytes never will be read, and if more is to come, the connection is abandoned. */
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
    // HTTP/2 has none, nor has a mock.
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

  /** In fetch's words, with what undici says as the cause. */
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const failure = new TypeError(this.#state === 'waiting' ? 'fetch failed' : 'terminated', { cause: error });
    // It is started on a connection that is there, and secure.
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

  /** Calls the function when the body breaks: a stream of it ends then, though it is not being read. */
  whenBroken(broken: (error: unknown) => void): void {
    if (this.#state === 'broken') broken(this.#error);
    else this.#broken = broken;
  }

  /** Calls the function once, when the body has arrived or broke. */
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

  /** What has broken it, if anything. */
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

  /** The next bytes, or `undefined` where there are no more. */
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

  /** More may come at once, while the socket is being told to go on. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#controller?.resume();
    });
  }
}

function rawOf(headers: IncomingHeaders): readonly string[] {
  return Object.entries(headers).flatMap(([name, value = []]) =>
    // What HTTP/2 says of itself is no header.
    name.startsWith(':') ? [] : [value].flat().flatMap((each) => [name, each]),
  );
}
