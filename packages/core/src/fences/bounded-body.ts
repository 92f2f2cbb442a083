import { bodyReaders } from '../bodies/body-readers.ts';
import { sizeOf } from '../bodies/content-length.ts';
import { discard } from '../bodies/discard.ts';
import { aboutRequest } from '../errors/about-request.ts';
import type { Call } from '../kernel/call.ts';
import { ignore } from '../kernel/ignore.ts';
import { RequestRefusedError } from './request-refused-error.ts';

/** `json()` of a call reads the text. */
const shortcuts = bodyReaders.filter((name) => name !== 'json');

/**
 * Bounds what a response's own shortcuts read: a brotli body of 300 bytes unfolds to 200 MB. The bytes after decoding
 * are counted, since these would be held in memory. As soon as there are more than `maxBytes`, the body is cancelled.
 *
 * @param response A response to which properties can be added. It is changed, not copied: the caller may have it
 * already.
 */
export function boundShortcuts(response: Response, maxBytes: number, call: Call): void {
  for (const name of shortcuts) {
    const read: unknown = response[name];
    if (typeof read !== 'function') continue;
    const bounded = async (): Promise<unknown> => {
      const tooLarge = (): RequestRefusedError => responseTooLarge(call, maxBytes);
      if (saysTooMuch(response, maxBytes)) {
        discard(response);
        throw tooLarge();
      }
      // Not every platform exposes a stream, and a body that was read is refused with the platform's own error.
      if (!response.body || response.bodyUsed || response.body.locked) {
        const whole: unknown = await read.call(response);
        // The size of a form is not known.
        if ((sizeOf(whole) ?? 0) > maxBytes) throw tooLarge();
        return whole;
      }
      const body = limited(response.body, maxBytes, tooLarge);
      const type = response.headers.get('content-type');
      return new Response(body, type === null ? {} : { headers: { 'content-type': type } })[name]();
    };
    Object.defineProperty(response, name, { value: bounded, configurable: true, writable: true });
  }
}

function responseTooLarge(call: Call, maxBytes: number): RequestRefusedError {
  return new RequestRefusedError({
    code: 'RESPONSE_TOO_LARGE',
    call,
    message: aboutRequest(call, (request) => `Response is larger than maxResponseBytes (${maxBytes}): ${request}`),
    applied: 'yes',
  });
}

/** The length of what was encoded says nothing of what it decodes to. */
function saysTooMuch({ body, headers }: Response, maxBytes: number): boolean {
  return body !== null && !headers.has('content-encoding') && Number(headers.get('content-length')) > maxBytes;
}

function limited(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  tooLarge: () => Error,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let left = maxBytes;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        // The platform refuses any other chunk.
        left -= ArrayBuffer.isView(value) ? value.byteLength : 0;
        if (left >= 0) return controller.enqueue(value);
        const error = tooLarge();
        reader.cancel(error).catch(ignore);
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
