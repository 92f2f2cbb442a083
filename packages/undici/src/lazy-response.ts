import { bodyArrival, bodyLife } from '@holdfast/core/internal/late';
import type { Arrival } from './arrival.ts';
import { streamOf } from './content-codings.ts';
import type { Head } from './head.ts';
import { receivedHeaders } from './received-headers.ts';

/** Inherits all members of Response, without the cost of constructing one. */
const Unmade = function Unmade() {} as unknown as abstract new () => Response;
Object.setPrototypeOf(Unmade.prototype, Response.prototype);

const utf8 = new TextDecoder();

/** The unread body: the arriving bytes, or a real Response around a stream of them, or nothing. */
type Body = Arrival | Response | 'read' | null;

/**
 * A Response that is built on demand. Most callers need only its status, and its text or JSON, once: that needs no
 * stream, no Headers and no copy.
 */
export class LazyResponse extends Unmade {
  static {
    const get = function (this: LazyResponse): object | null {
      // A clone has none, but a stream.
      return this.#arrival ?? this.body;
    };
    Object.defineProperty(LazyResponse.prototype, bodyLife, { get });
    const whenArrived = function (this: LazyResponse): ((ended: () => void) => void) | undefined {
      const arrival = this.#arrival;
      return arrival?.staysSmall ? (ended) => arrival.whenEnded(ended) : undefined;
    };
    Object.defineProperty(LazyResponse.prototype, bodyArrival, { get: whenArrived });
    // Some code recognises a Response by its constructor's name.
    Object.defineProperty(LazyResponse.prototype, 'constructor', { value: Response });
  }

  readonly #head: Head;
  readonly #url: string;
  readonly #coding: string | undefined;
  readonly #arrival: Arrival | null;
  #body: Body;
  #headers: Headers | undefined;

  /** @param coding The body's `Content-Encoding`. */
  constructor(head: Head, url: string, coding: string | undefined, body: Body) {
    super();
    this.#head = head;
    this.#url = url;
    this.#coding = coding;
    this.#body = body;
    this.#arrival = isArrival(body) ? body : null;
    if (isArrival(body) && !body.staysSmall) dropped.register(this, body, this);
  }

  override get status(): number {
    return this.#head.status;
  }

  override get ok(): boolean {
    return this.#head.status >= 200 && this.#head.status <= 299;
  }

  override get statusText(): string {
    return this.#head.statusText;
  }

  override get url(): string {
    return this.#url;
  }

  override get redirected(): boolean {
    return false;
  }

  override get type(): ResponseType {
    return 'basic';
  }

  override get headers(): Headers {
    this.#headers ??= receivedHeaders(this.#head.rawHeaders);
    return this.#headers;
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body === null ? null : this.#made().body;
  }

  override get bodyUsed(): boolean {
    return this.#body === 'read' || (this.#body instanceof Response && this.#body.bodyUsed);
  }

  override async text(): Promise<string> {
    if (this.#body === null) return '';
    return this.#isPlain ? utf8.decode(await this.#rest()) : this.#made().text();
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#body === null) return new Uint8Array();
    return this.#isPlain ? new Uint8Array(await this.#rest()) : this.#made().bytes();
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  override async blob(): Promise<Blob> {
    return this.#made().blob();
  }

  override async formData(): Promise<FormData> {
    return this.#made().formData();
  }

  override clone(): Response {
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.');
    return new LazyResponse(this.#head, this.#url, this.#coding, this.#body === null ? null : this.#made().clone());
  }

  /** True if the bytes need no decoding. */
  get #isPlain(): boolean {
    return isArrival(this.#body) && this.#coding === undefined;
  }

  #rest(): Promise<Buffer> {
    const arrival = this.#body as Arrival;
    this.#body = 'read';
    dropped.unregister(this);
    return arrival.rest();
  }

  /** A real Response, around a stream of the remaining bytes. */
  #made(): Response {
    const { status, statusText } = this.#head;
    const body = this.#body;
    if (body instanceof Response) return body;
    // Some statuses are not allowed in the constructor of Response; the status is overridden here, so this does not
    // matter.
    const init = { headers: this.headers, statusText, status: status > 599 ? 200 : status };
    if (!isArrival(body)) return body === null ? new Response(null, init) : spent();
    dropped.unregister(this);
    this.#body = new Response(streamOf(body, this.#coding), init);
    return this.#body;
  }
}

function isArrival(body: Body): body is Arrival {
  return body !== null && body !== 'read' && !(body instanceof Response);
}

/** Refuses to be read in the platform's own words; its stream is locked. */
function spent(): Response {
  const response = new Response('');
  void response.text();
  return response;
}

/** Untouched responses, while their connection waits for a reader. */
const dropped = new FinalizationRegistry<Arrival>((arrival) => arrival.cancel(new Error('The body is not read')));
