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

/** gRPC-Web: the status of a call is in `grpc-status`, beside a 200. */
export function grpcWeb(): Dialect {
  return {
    name: 'grpcWeb',
    error: { code: [{ header: 'grpc-status' }], message: [{ header: 'grpc-message' }] },
    failure: { when: { header: 'grpc-status', isNot: '0' } },
    // Servers send the number; a test may write the name.
    verdicts: codes
      .slice(1)
      .flatMap(([name, kind], index) =>
        [String(index + 1), name].map((is) => ({ when: { header: 'grpc-status', is }, kind })),
      ),
    read({ headers }) {
      const status = headers.get('grpc-status');
      const message = headers.get('grpc-message');
      if (status === null || status === '0') return undefined;
      const code = codes[Number(status)]?.[0] ?? status;
      return { code, ...(message !== null && message !== '' && { message: decode(message) }) };
    },
  };
}

/** The message is percent-encoded; one that is not well-formed is shown as it came. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
