import { typedStream } from '../bodies/typed-stream.ts';
import { asFetchError } from '../errors/fetch-error.ts';
import { isResilienceError } from '../errors/resilience-error.ts';
import type { Call } from '../kernel/call.ts';
import { nameAwaiting } from '../kernel/call-trace.ts';
import { isBrokenBody } from '../platform/network.ts';
import { summarizeCause } from '../redact/cause.ts';
import { cutShort } from '../transport/cut-short.ts';

/**
 * Makes a Response whose body breaks off report it in the same way as `client.fetch` reports "no answer".
 *
 * When the caller has the Response, the call has ended, and the platform reports a connection that breaks later by one
 * word ("terminated") without method, URL or id of the call. So its reading methods, and those of its stream, reject
 * with a `TypeError` whose `cause` is a `NetworkError`. Nothing is wrapped: the Response and its stream stay the
 * platform's own objects, since a runtime that is given a Response to send on reads its body without asking any method.
 * They get another prototype, which costs less than a property for each method.
 */
export function typedReads(response: Response, call: Call, signal: AbortSignal): Response {
  if (TypedBody.has(response) || !Object.isExtensible(response)) return response;
  const plain: object = Object.getPrototypeOf(response);
  let prototype = prototypes.get(plain);
  if (prototype === undefined) {
    prototype = Object.create(plain, membersBefore(plain as Response)) as object;
    prototypes.set(plain, prototype);
  }
  new TypedBody(response, call, signal);
  Object.setPrototypeOf(response, prototype);
  if (Object.hasOwn(response, 'clone')) replaceOwnClone(response);
  return response;
}

/** Lets a class put its private fields on a given object. */
class Given {
  constructor(one: object) {
    // biome-ignore lint/correctness/noConstructorReturn: a constructor that returns an object puts the fields there
    return one;
  }
}

/** The call of a response, in fields that no other code sees. A WeakMap would cost each response a microsecond. */
class TypedBody extends Given {
  readonly #call: Call;
  readonly #signal: AbortSignal;

  constructor(one: object, call: Call, signal: AbortSignal) {
    super(one);
    this.#call = call;
    this.#signal = signal;
  }

  static has(one: object): boolean {
    return #call in one;
  }

  /** Gives another response the same typed errors as this one. */
  static pass(one: object, other: Response): Response {
    return #call in one ? typedReads(other, one.#call, one.#signal) : other;
  }

  /** The error with which reading rejects: the platform's own, unless that says that the body broke. */
  static errorOf(one: object, error: unknown): unknown {
    if (!(#call in one)) return error;
    const { aborted, reason } = one.#signal;
    if (aborted && error === reason) return error;
    if (isResilienceError(error)) return asFetchError(error);
    if (!isBrokenBody(error)) return error;
    // The platform's own word: SDKs look for it.
    return asFetchError(cutShort(error, one.#call), summarizeCause(error)?.message);
  }
}

const prototypes = new WeakMap<object, object>();
const readers = ['text', 'json', 'blob', 'arrayBuffer', 'bytes', 'formData'] as const;

/** Members that take precedence over those of a response's own prototype. */
function membersBefore(plain: Response): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {
    body: {
      get(this: Response): ReadableStream<Uint8Array> | null {
        const body = Reflect.get(plain, 'body', this) as ReadableStream<Uint8Array> | null;
        return body && typedStream(body, (error) => TypedBody.errorOf(this, error));
      },
      configurable: true,
      enumerable: true,
    },
    clone: method(function (): Response {
      return TypedBody.pass(this, plain.clone.call(this));
    }),
  };
  for (const name of readers) {
    const read: unknown = Reflect.get(plain, name);
    if (typeof read !== 'function') continue;
    members[name] = method(function (): Promise<unknown> {
      const fail = (error: unknown): never => {
        const typed = TypedBody.errorOf(this, error);
        if (typed !== error) nameAwaiting(typed, fail);
        throw typed;
      };
      return read.call(this).catch(fail);
    });
  }
  return members;
}

/** A response that was made from another one has its own `clone`. */
function replaceOwnClone(response: Response): void {
  const { clone } = response;
  Object.defineProperty(response, 'clone', {
    value: (): Response => TypedBody.pass(response, clone.call(response)),
    configurable: true,
    writable: true,
  });
}

function method(value: (this: Response) => unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true, enumerable: true };
}
