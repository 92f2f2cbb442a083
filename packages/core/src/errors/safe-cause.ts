import { summarizeCause } from '../redact/cause.ts';
import { redactText } from '../redact/redact.ts';
import { hasBrand } from './brand.ts';

/**
 * A cause that can be printed and logged.
 *
 * The error of a platform or of a user's function may carry its context: a request with its headers, a response body,
 * bytes that were not HTTP. Code that prints an error prints its cause with all members: Node where a process crashes,
 * `inspect(error.cause)`, loggers that copy properties. So such a cause is replaced by a copy of the same class, on
 * which only the description of the failure (code, syscall, address, port …) is an own member. The others can still be
 * read by name, from its prototype, where no printer looks. A cause with nothing to hide stays the object that was
 * thrown.
 */
export function safeCause(cause: unknown): unknown {
  try {
    return isHarmless(cause, 0) ? cause : cleaned(cause, 0);
  } catch {
    const { name, message } = summarizeCause(cause) ?? { name: 'Error', message: '' };
    return Object.defineProperty(new Error(message), 'name', { value: name });
  }
}

/** Members that only describe the failure, in Node, undici, Deno, Bun and browsers. */
const describing: ReadonlySet<PropertyKey> = new Set([
  ...['name', 'message', 'stack', 'cause', 'errors', 'code', 'errno', 'syscall', 'hostname', 'host', 'address', 'port'],
  ...['socket', 'reason', 'line', 'column', 'lineNumber', 'columnNumber', 'fileName', 'sourceURL'],
]);
const deepest = 8;

function isHarmless(cause: unknown, depth: number): boolean {
  if (typeof cause === 'string') return redactText(cause) === cause;
  if (typeof cause !== 'object' || cause === null || hasBrand(cause)) return true;
  if (depth > deepest || Reflect.ownKeys(cause).some((key) => !isDescribing(cause, key))) return false;
  const { message, cause: next, errors } = cause as { message?: unknown; cause?: unknown; errors?: unknown };
  if (typeof message === 'string' && redactText(message) !== message) return false;
  const further = Array.isArray(errors) ? [next, ...errors] : [next];
  return further.every((one) => isHarmless(one, depth + 1));
}

/** Numbers, booleans and symbols hold no secret; a getter may return any value. */
function isDescribing(error: object, key: PropertyKey): boolean {
  if (describing.has(key)) return true;
  const value: unknown = Object.getOwnPropertyDescriptor(error, key)?.value;
  return typeof value === 'number' || typeof value === 'boolean';
}

function cleaned(cause: unknown, depth: number): unknown {
  if (typeof cause === 'string') return redactText(cause);
  if (typeof cause !== 'object' || cause === null || hasBrand(cause)) return cause;
  if (depth > deepest) return undefined;
  const { message, stack, cause: next, errors } = cause as Error & { readonly errors?: unknown };
  const copy: object = cause instanceof Error ? new Error() : {};
  const hidden: PropertyDescriptorMap = {
    // Node's inspect, asked for hidden members, lists those of each prototype up to that of a built-in class.
    constructor: { value: cause instanceof Error ? Error : Object, configurable: true },
    toJSON: { value: () => summarizeCause(copy), configurable: true },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: undefined, configurable: true },
  };
  for (const key of Reflect.ownKeys(cause)) {
    const descriptor = Object.getOwnPropertyDescriptor(cause, key) as PropertyDescriptor;
    if (isDescribing(cause, key)) Object.defineProperty(copy, key, { ...descriptor, configurable: true });
    else hidden[key as string] = { get: () => Reflect.get(cause, key), configurable: true };
  }
  Object.setPrototypeOf(copy, Object.create(Object.getPrototypeOf(cause) as object | null, hidden));
  hide(copy, 'message', typeof message === 'string' ? redactText(message) : undefined);
  hide(copy, 'stack', typeof stack === 'string' ? redactText(stack) : undefined);
  hide(copy, 'cause', next === undefined ? undefined : cleaned(next, depth + 1));
  hide(copy, 'errors', Array.isArray(errors) ? errors.map((one) => cleaned(one, depth + 1)) : undefined);
  return copy;
}

/** As an error has them: not enumerable. */
function hide(error: object, key: string, value: unknown): void {
  if (value !== undefined) Object.defineProperty(error, key, { value, configurable: true, writable: true });
}
