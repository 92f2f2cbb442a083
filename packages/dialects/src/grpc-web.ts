import type { Dialect } from '@holdfast/core';

type Kind = NonNullable<Dialect['verdicts']>[number]['kind'];

/** The codes of gRPC in order, each with its kind of failure. */
const codes: readonly (readonly [name: string, kind: Kind])[] = [
  ['OK', 'failed'],
  ['CANCELLED', 'failed'],
  ['UNKNOWN', 'failed'],
  ['INVALID_ARGUMENT', 'invalid'],
  ['DEADLINE_EXCEEDED', 'failed'],
  ['NOT_FOUND', 'notFound'],
  ['ALREADY_EXISTS', 'conflict'],
  ['PERMISSION_DENIED', 'forbidden'],
  ['RESOURCE_EXHAUSTED', 'rateLimited'],
  ['FAILED_PRECONDITION', 'invalid'],
  ['ABORTED', 'conflict'],
  ['OUT_OF_RANGE', 'invalid'],
  ['UNIMPLEMENTED', 'invalid'],
  ['INTERNAL', 'failed'],
  ['UNAVAILABLE', 'overloaded'],
  ['DATA_LOSS', 'failed'],
  ['UNAUTHENTICATED', 'unauthenticated'],
];

const names = codes.slice(1).map(([name]) => name);

/**
 * gRPC-Web: the status of a call is beside a 200, in `grpc-status`; or in a body that has no message, but only the
 * frame with the trailers. An error after a message is that of the stream, which the caller reads.
 */
export function grpcWeb(): Dialect {
  return {
    name: 'grpcWeb',
    error: { code: [{ header: 'grpc-status' }], message: [{ header: 'grpc-message' }] },
    failure: { when: { code: names } },
    verdicts: codes.slice(1).map(([code, kind]) => ({ when: { code }, kind })),
    read({ headers, text }) {
      const trailers = trailersOf(headers, text);
      const status = trailers.get('grpc-status') ?? '0';
      if (status === '0' || status === 'OK') return undefined;
      // A number that gRPC does not know counts as UNKNOWN; a test may write the name.
      const code = codes[Number(status)]?.[0] ?? (names.includes(status) ? status : 'UNKNOWN');
      const message = trailers.get('grpc-message');
      return { code, ...(message && { message: decode(message) }) };
    },
  };
}

/** The lines of headers or trailers, by their names. */
interface Lines {
  get(name: string): string | null | undefined;
}

/** The headers, or the trailers in a body that begins with their frame. */
function trailersOf(headers: Headers, text = ''): Lines {
  if (headers.has('grpc-status')) return headers;
  const frame = /^gA[A-P]/.test(text) ? fromBase64(text) : text;
  // The frame's first byte is 0x80, which no text has.
  if (!/^[\u0080\uFFFD]/.test(frame)) return headers;
  const lines = frame.matchAll(/(grpc-(?:status|message))[ \t]*:[ \t]*([^\r\n]*)/gi);
  return new Map([...lines].map(([, name = '', value = '']) => [name.toLowerCase(), value.trim()]));
}

function fromBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return '';
  }
}

/** The message is percent-encoded; one that is not well-formed is shown as it came. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
