import { checkMembers, defused, functionOf, isHeaderName, must, show } from '@holdfast/core/internal';

/**
 * A key that is made once for a call and sent with each of its attempts. By it the server distinguishes a second
 * attempt from a second order, so that a POST is safe to retry.
 *
 * @see draft-ietf-httpapi-idempotency-key-header
 */
export interface IdempotencyKeyOptions {
  /** @defaultValue 'Idempotency-Key' */
  readonly header?: string;
  /** @defaultValue `['POST', 'PATCH']` */
  readonly methods?: readonly string[];
  /** @defaultValue a random UUID, without quotes */
  readonly generate?: () => string;
}

export interface IdempotencyKeys {
  readonly header: string;
  /** Does a request of this method get a key? */
  isFor(method: string): boolean;
  /** Gives a request its key, if it needs one and the caller has set none. */
  mark(request: Request): void;
}

/**
 * @param path How messages name the option.
 * @throws TypeError for options that are invalid.
 */
export function idempotencyKeysOf(option: boolean | IdempotencyKeyOptions, path: string): IdempotencyKeys | undefined {
  if (option === false) return undefined;
  const given = option === true ? {} : option;
  checkMembers(given, path, {
    header: must(isHeaderName, "must be a header's name such as 'Idempotency-Key'"),
    methods: must(
      (value) => Array.isArray(value) && value.every((method) => typeof method === 'string'),
      "must be a list such as ['POST', 'PATCH']",
    ),
    generate: functionOf('() => string'),
  });
  const { header = 'Idempotency-Key', methods = ['POST', 'PATCH'], generate = randomUuid } = given;
  if (generate === randomUuid && typeof globalThis.crypto?.getRandomValues !== 'function') {
    throw new TypeError(`${path}: this platform has no crypto.getRandomValues(); give generate: () => string`);
  }
  const marked = new Set(methods.map((method) => method.toUpperCase()));
  return {
    header,
    isFor: (method) => marked.has(method.toUpperCase()),
    mark(request) {
      if (!marked.has(request.method) || request.headers.has(header)) return;
      const key: unknown = defused(generate());
      if (typeof key !== 'string' || key === '')
        throw new TypeError(`${path}.generate must return a string, got ${show(key)}`);
      request.headers.set(header, key);
    },
  };
}

/** `crypto.randomUUID` exists in secure contexts only; random bytes exist everywhere. */
function randomUuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
