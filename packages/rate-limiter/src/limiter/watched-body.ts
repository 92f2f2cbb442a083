import { systemClock } from '@holdfast/core';
import { ignore, responseSlot, weakly, whenGone } from '@holdfast/core/internal/late';
import { HeldBody, type HeldBodyParts, leftAfterMs } from './held-body.ts';

type Bytes = ReadableStream<Uint8Array>;

/**
 * Returns a body whose response stays the platform's own and unread; `undefined` where only a stream around it shows its
 * end.
 */
export function watchBody(response: Response, parts: HeldBodyParts): WatchedBody | undefined {
  if (members === undefined) members = showsReading() ? membersHere() : null;
  if (!members || !isOwn(response, members.plain)) return undefined;
  const stream = platformsBody(response, members.plain);
  if (!stream || !isOwn(stream, ReadableStream.prototype)) return undefined;
  const body = new WatchedBody(response, stream, parts);
  bodies.set(stream, body);
  Object.setPrototypeOf(stream, members.stream);
  Object.setPrototypeOf(response, members.response);
  return body;
}

function isOwn(one: object, plain: object): boolean {
  return Object.getPrototypeOf(one) === plain && Object.isExtensible(one);
}

/** The body, if it is shown by the platform's getter alone, which can't be applied to a Proxy. */
function platformsBody(response: Response, plain: Response): Bytes | undefined {
  try {
    return Object.hasOwn(response, 'body') ? undefined : (Reflect.get(plain, 'body', response) as Bytes);
  } catch {
    return undefined;
  }
}

/**
 * A body that holds a permit, and whose response stays as fetch gave it.
 *
 * Nearly all callers read a body by `.json()` or a similar method, and do nothing else with it. Node's methods ask the
 * stream for a reader, which shows the end. Only if a body is touched in any other way, or if another call waits for the
 * permit, a stream of ours takes its place.
 */
export class WatchedBody {
  #response: { deref(): Response | undefined } | undefined;
  readonly #stream: Bytes;
  readonly #parts: HeldBodyParts;
  readonly #since: number;
  #held: HeldBody | undefined;
  #isRead = false;
  #isOver = false;
  #isReplacing = false;

  constructor(response: Response, stream: Bytes, parts: HeldBodyParts) {
    this.#response = { deref: () => response };
    this.#stream = stream;
    this.#parts = parts;
    this.#since = parts.clock.now();
    // Weak references cost more than everything else here, and most bodies are read at once.
    if (young.length === mostYoung) WatchedBody.#growOld();
    if (young.length === 0) systemClock.unref?.(systemClock.setTimer(WatchedBody.#growOld, youngMs));
    young.push(this);
  }

  static readonly #growOld = (): void => {
    for (const body of young) body.#weaken();
    young = [];
  };

  /** From now on the response can be collected. */
  #weaken(): void {
    const response = this.#isOver ? undefined : this.#response?.deref();
    if (!response) return;
    this.#response = weakly(response);
    gone.register(response, this);
  }

  /** Another call waits for the permit. */
  look(patienceMs: number): void {
    this.#held?.look(patienceMs);
    const response = this.#response?.deref();
    const idleMs = this.#parts.clock.now() - this.#since;
    if (this.#held || this.#isRead || !response || idleMs < patienceMs) return;
    if (this.replaceIn(response)) this.look(patienceMs);
    // It is read in a way that cannot be seen.
    else if (idleMs >= leftAfterMs) this.end();
  }

  /** The response is garbage: nothing will read it, unless that has begun. */
  drop(): void {
    if (!this.#isRead) this.#stream.cancel().catch(ignore);
  }

  /** Puts a stream of ours in the place of the body, unless something reads it. */
  replaceIn(response: Response): boolean {
    if (this.#held || this.#stream.locked || response.bodyUsed) return false;
    this.#isReplacing = true;
    // Node puts the first of the two streams that `tee` returns in the place of the body.
    members?.plain.clone.call(response);
    this.#isReplacing = false;
    this.#response = undefined;
    return true;
  }

  /** Called with the reader of one of the response's methods. */
  isRead<T extends ReadableStreamGenericReader>(reader: T): T {
    this.#isRead = true;
    const ended = (): void => this.end();
    reader.closed.then(ended, ended);
    return reader;
  }

  /** The stream of ours, made once; after that, the body itself, which is locked. */
  stream(): Bytes {
    if (this.#held || this.#stream.locked) return this.#stream;
    const reader = ReadableStream.prototype.getReader.call(this.#stream);
    this.#held = new HeldBody(reader as ReadableStreamDefaultReader<Uint8Array>, this.#parts, this.#since);
    return this.#held.stream();
  }

  tee(stream: Bytes): readonly Bytes[] {
    if (!this.#isReplacing) return stream.tee();
    // Node cancels the body of a response that is garbage, even if the body itself is not.
    const response = this.#response?.deref();
    if (response) responses.set(stream, response);
    return [stream, new ReadableStream()];
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#response = undefined;
    this.#parts.ended();
  }
}

/** For how long a body is young, at most. */
const youngMs = 10;
/** How many bodies are young, at most: a test may have faked the timer, and stopped that. */
const mostYoung = 1_000;
let young: WatchedBody[] = [];

const gone = whenGone<WatchedBody>((body) => body.drop());

/** Keeps a response for as long as its stream. */
const responses = new WeakMap<Bytes, Response>();

const bodies = responseSlot<WatchedBody>();

function bodyOf(stream: Bytes): WatchedBody {
  return bodies.get(stream) as WatchedBody;
}

/** What takes precedence over the members of the platform's prototypes. */
interface Members {
  readonly plain: Response;
  readonly response: object;
  readonly stream: object;
}

/** `null` where reading does not show. */
let members: Members | null | undefined;

/** True if the platform's methods ask a body's stream by its own members, as those of Node 22 and 24 do. */
function showsReading(): boolean {
  if (!abortOnlyBreaksBody() || !isNodesOwn()) return false;
  try {
    const [cloned, read] = [new Response('x'), new Response('x')];
    const part = new ReadableStream();
    let isAsked = false;
    const getReader = (): unknown => {
      isAsked = true;
      return ReadableStream.prototype.getReader.call(read.body);
    };
    Object.assign(cloned.body as Bytes, { tee: () => [part, new ReadableStream()] });
    Object.assign(read.body as Bytes, { getReader });
    cloned.clone();
    read.text().catch(ignore);
    return isAsked && cloned.body === part;
  } catch {
    return false;
  }
}

/**
 * Does an abort in Node's own fetch break a response's body, and do nothing else? Before undici 7.21 (Node 24.14), it also
 * cancels the stream that it finds in the body's place: one of ours would end as if the answer were whole, and its
 * rejection be unhandled.
 */
function abortOnlyBreaksBody(): boolean {
  const { process } = globalThis as { readonly process?: { readonly versions?: { readonly undici?: string } } };
  const [major = 0, minor = 0] = (process?.versions?.undici ?? '').split('.').map(Number);
  return major > 7 || (major === 7 && minor >= 21);
}

/** Is `Response` Node's own, and not that of npm's undici? Only the first frame of an error that its code throws shows that. */
function isNodesOwn(): boolean {
  try {
    Reflect.get(Response.prototype, 'body', {});
    return false;
  } catch (error) {
    return /^.*\n +at .*node:internal/.test(String((error as Error).stack));
  }
}

function membersHere(): Members {
  const { prototype: plain } = Response;
  const stream = ReadableStream.prototype as unknown as Record<string | symbol, Method>;
  const { getReader, cancel } = stream as { getReader: Method; cancel: Method };
  const own: Record<string | symbol, Method> = {
    getReader(...given) {
      return bodyOf(this).isRead(getReader.apply(this, given) as ReadableStreamDefaultReader);
    },
    cancel(...given) {
      if (!this.locked) bodyOf(this).end();
      return cancel.apply(this, given);
    },
    tee() {
      const body = bodyOf(this);
      return body.tee(body.stream());
    },
  };
  for (const name of ['pipeTo', 'pipeThrough', 'values', Symbol.asyncIterator]) {
    const use = stream[name];
    if (use)
      own[name] = function (...given) {
        return use.apply(bodyOf(this).stream(), given);
      };
  }
  const body = {
    get(this: Response) {
      bodies.get(Reflect.get(plain, 'body', this) as Bytes)?.replaceIn(this);
      return Reflect.get(plain, 'body', this);
    },
    configurable: true,
    enumerable: true,
  };
  return { plain, response: Object.create(plain, { body }), stream: Object.assign(Object.create(stream), own) };
}

type Method = (this: Bytes, ...given: never[]) => unknown;
