/**
 * The body that a caller gave, as it is now. A retry, or a redirected POST, may be sent seconds later, when the caller
 * has overwritten the buffer, transferred it to another thread, or appended to the form.
 *
 * A platform copies bytes when it makes a Request, for the first attempt only. So large ones become a Blob here, which
 * replaces that copy: its bytes are copied once, for all attempts. A small Blob costs more than a second copy.
 *
 * @returns A string, a Blob, a stream and anything else that cannot change or be copied: unchanged.
 */
export function asGiven<T>(body: T): T {
  if (typeof body !== 'object' || body === null) return body;
  return (copyOf(body) ?? body) as T;
}

/** Up to this many bytes a second copy is cheaper than a Blob. */
const smallBytes = 64 * 1024;

function copyOf(body: object): BodyInit | undefined {
  if (body instanceof URLSearchParams) return new URLSearchParams(body);
  if (body instanceof FormData) {
    const form = new FormData();
    // A file in a form is immutable, and keeps its name.
    for (const [name, value] of body) form.append(name, value as string);
    return form;
  }
  const bytes = bytesOf(body);
  if (bytes === undefined) return undefined;
  return bytes.byteLength > smallBytes ? new Blob([bytes]) : bytes.slice();
}

/** Shared or transferred memory is passed on: the platform refuses it with its own error. */
function bytesOf(body: object): Uint8Array<ArrayBuffer> | undefined {
  const view = ArrayBuffer.isView(body);
  const buffer = view ? body.buffer : body;
  if (!isArrayBuffer(buffer) || (buffer as { readonly detached?: boolean }).detached) return undefined;
  return view ? new Uint8Array(buffer, body.byteOffset, body.byteLength) : new Uint8Array(buffer);
}

/** Also one of another realm: an iframe's, or that of the code around a test that runs in `node:vm`. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return value instanceof ArrayBuffer || Object.prototype.toString.call(value) === '[object ArrayBuffer]';
}
