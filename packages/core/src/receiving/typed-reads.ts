import { bodyReaders } from '../bodies/body-readers.ts';
import { responseSlot } from '../bodies/response-slot.ts';
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
  if (calls.get(response) || !Object.isExtensible(response)) return response;
  const plain: object = Object.getPrototypeOf(response);
  let prototype = prototypes.get(plain);
  if (prototype === undefined) {
    prototype = Object.create(plain, membersBefore(plain as Response)) as object;
    prototypes.set(plain, prototype);
  }
  calls.set(response, { call, signal });
  Object.setPrototypeOf(response, prototype);
  if (Object.hasOwn(response, 'clone')) replaceOwnClone(response);
  return response;
}

/** The call of each response whose reads are typed. */
const calls = responseSlot<{ readonly call: Call; readonly signal: AbortSignal }>();

/** Gives another response the same typed errors as this one. */
function typedLike(one: Response, other: Response): Response {
  const known = calls.get(one);
  return known ? typedReads(other, known.call, known.signal) : other;
}

/** The error with which reading rejects: the platform's own, unless that says that the body broke. */
function errorOf(one: Response, error: unknown): unknown {
  const known = calls.get(one);
  if (!known) return error;
  const { aborted, reason } = known.signal;
  if (aborted && error === reason) return error;
  if (isResilienceError(error)) return asFetchError(error);
  if (!isBrokenBody(error)) return error;
  // The platform's own word: SDKs look for it.
  return asFetchError(cutShort(error, known.call), summarizeCause(error)?.message);
}

const prototypes = new WeakMap<object, object>();

/** Members that take precedence over those of a response's own prototype. */
function membersBefore(plain: Response): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {
    body: {
      get(this: Response): ReadableStream<Uint8Array> | null {
        const body = Reflect.get(plain, 'body', this) as ReadableStream<Uint8Array> | null;
        return body && typedStream(body, (error) => errorOf(this, error));
      },
      configurable: true,
      enumerable: true,
    },
    clone: method(function (): Response {
      return typedLike(this, plain.clone.call(this));
    }),
  };
  for (const name of bodyReaders) {
    const read: unknown = Reflect.get(plain, name);
    if (typeof read !== 'function') continue;
    members[name] = method(function (): Promise<unknown> {
      const fail = (error: unknown): never => {
        const typed = errorOf(this, error);
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
    value: (): Response => typedLike(response, clone.call(response)),
    configurable: true,
    writable: true,
  });
}

function method(value: (this: Response) => unknown): PropertyDescriptor {
  return { value, configurable: true, writable: true, enumerable: true };
}
