import type { HeaderLines } from '../server-timing/header-lines.ts';
import { firstFound, firstInList, firstMember, firstOf, membersOf, plainName, textOf } from './members.ts';

/** The ids by which support finds a request; half of them stand only in a header, each API with a name of its own. */
const bodyNames = [
  'requestid',
  'correlationid',
  'debugid',
  'errorid',
  'incidentid',
  'traceid',
  'fbtraceid',
  'pspreference',
  'refid',
  'rayid',
  'transactionid',
  'logid',
  'logref',
  'trace',
];
const endings = [/req(?:uest)?(?:uu)?id$/, /(?:correlation|debug|activity|transaction|query|trace|tracking)id$/];
/** In a body: `clerk_trace_id`, `request_uuid`. */
const bodyEnding = /(?:req(?:uest)?(?:uu)?|correlation|debug|trace|tracking)id$/;
const otherNames = [
  ...['audit-id', 'akamai-grn', 'pspreference', 'cf-ray', 'x-amz-cf-id', 'x-vercel-id', 'x-amz-id-2'],
  ...['intuit_tid', 'x-li-uuid', 'traceparent'],
];
/** Sent by the client and echoed: the server does not know the request by it. */
const echoed = /^x?client|idempotency/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads the request id from a JSON body. */
export function readRequestId(holders: readonly unknown[]): string | undefined {
  return (
    firstFound(holders, (holder) => {
      const members = membersOf(holder);
      return (
        firstOf(members, bodyNames, idFrom) ??
        firstInList(members.get('details'), idOfType) ??
        firstOf(membersOf(members.get('innererror')), bodyNames, idFrom)
      );
    }) ?? firstFound(holders, (holder) => firstMember(membersOf(holder), idByEnding))
  );
}

function idByEnding(value: unknown, name: string): string | undefined {
  return bodyEnding.test(name) ? idFrom(value, name) : undefined;
}

/** A `trace` with blanks is that of a stack. */
function idFrom(value: unknown, name: string): string | undefined {
  const id = textOf(value, 200);
  return name === 'trace' && id !== undefined && /\s/.test(id) ? undefined : id;
}

function idOfType(detail: unknown): string | undefined {
  const members = membersOf(detail);
  return /\bRequestInfo$/.test(textOf(members.get('@type')) ?? '') ? textOf(members.get('requestid'), 200) : undefined;
}

/** Reads the request id from the headers, by the ending of their names. */
export function readRequestIdHeader(headers: HeaderLines): string | undefined {
  const usual = textOf(headers.get('x-request-id') ?? headers.get('request-id'), 200);
  if (usual !== undefined) return usual;
  const found: (string | undefined)[] = [];
  for (const [name, value] of headers) {
    const plain = plainName(name);
    if (echoed.test(plain) || value === '') continue;
    const rank = endings.findIndex((ending) => ending.test(plain));
    if (rank >= 0) found[rank] ??= textOf(value, 200);
  }
  return found.find((id) => id !== undefined) ?? firstFound(otherNames, (name) => textOf(headers.get(name), 200));
}

/** An `id` of the root that is a UUID names the answer; the last resort. */
export function readUuid(holders: readonly unknown[]): string | undefined {
  return firstFound(holders, (holder) => {
    const id = textOf(membersOf(holder).get('id'), 200);
    return id !== undefined && uuid.test(id) ? id : undefined;
  });
}
