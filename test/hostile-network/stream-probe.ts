import { inspect } from 'node:util';
import { undiciTransport } from '@holdfast/undici';
import {
  createResilientClient,
  type HoldfastEvent,
  isResilienceError,
  type ResilientClient,
  resilienceErrorOf,
} from 'holdfast';
import { type Fault, type FaultProxy, faultProxy } from './fault-proxy.ts';
import { ledger } from './ledger.ts';
import { printed, secret, secretHeaders, type Told } from './probe.ts';
import { type RealServer, realServer } from './server.ts';
import type { StreamFaultCase } from './stream-faults.ts';
import { answerStream, itemCount, type Kind, numberOf, placeIn } from './stream-server.ts';

/** How a stream meets a fault. */
export interface StreamProbe {
  readonly kind: Kind;
  readonly through: 'fetch' | 'undici';
  /** Whether only one connection meets the fault, or all do. */
  readonly lasts: 'once' | 'always';
}

// Long enough for a busy machine.
const silentForMs = 2_000;
/** How long the caller waits before it gives up a stream that never ends. */
const patienceMs = 4_000;

/** The numbers of the items that arrived, and the error that ended the reading. */
interface Read {
  readonly items: readonly number[];
  readonly error?: unknown;
}

export async function streamProbe(one: StreamFaultCase, { kind, through, lasts }: StreamProbe): Promise<Told> {
  const server = await realServer(answerStream);
  const plan = planOf(one, kind, lasts);
  const proxy = await faultProxy(server.address, plan.fault);
  const events: HoldfastEvent[] = [];
  const record = ledger();
  const api = createResilientClient({
    ...{ baseUrl: `http://127.0.0.1:${proxy.port}/`, headers: secretHeaders, random: () => 0 },
    ...{ retry: 2, retryBudget: false, idleTimeout: silentForMs, resumeBody: true, maxResponseBytes: 100_000 },
    ...(through === 'undici' && { transport: undiciTransport() }),
    perAttempt: [
      {
        name: 'watch',
        async execute(request, next, context) {
          const response = await next(request, context);
          proxy.sawHeaders();
          return response;
        },
      },
    ],
  });
  const late: string[] = [];
  const over = new Set<string>();
  api.on((event) => {
    events.push(event);
    // With `client.fetch`, the call of a download ends with the headers. Its range requests are further attempts of that
    // call.
    if (over.has(event.callId)) late.push(event.type);
    else record.hear(event);
    if (event.type === 'call.ended') over.add(event.callId);
  });
  const isEndless = one.endless?.includes(kind) ?? false;
  const read = await readAll(api, kind, { sawItem: proxy.sawItem, isEndless });
  const problems = [...problemsOf(read, server), ...record.problems];
  const expect = (holds: boolean, what: string): void => void (holds || problems.push(what));
  const times = (type: string): number => late.filter((each) => each === type).length;
  expect(times('attempt.started') === times('attempt.ended'), `${late.join()} after the call`);
  expect(!printed(read.error, events, api).includes(secret), 'the secret was printed');
  await api.close();
  expect(record.openCalls === 0 && api.snapshot().callsInFlight === 0, 'a call has not ended');
  expect(await proxy.isLeftAlone(), `${proxy.open} sockets were left open`);
  const requests = plan.requests();
  await Promise.all([proxy.close(), server.close()]);
  return { outcome: `${inWords(read)}${requests > 1 ? `; ${requests} requests` : ''}`, problems };
}

/** The fault of each connection, in turn. A connection without a request does not count. */
function planOf(
  one: StreamFaultCase,
  kind: Kind,
  lasts: StreamProbe['lasts'],
): { readonly fault: Fault; requests(): number } {
  let requests = 0;
  const faulty = one.onContinuation ? 1 : 0;
  const fault: Fault = async (link) => {
    await link.received(1);
    const request = requests++;
    if (request < faulty) return cutBetween(link, kind);
    if (request === faulty || lasts === 'always') return one.fault(link, kind);
    return link.pass();
  };
  return { fault, requests: () => requests };
}

async function cutBetween(link: Parameters<Fault>[0], kind: Kind): Promise<void> {
  const { head, body } = await link.answer();
  const { at, whole } = placeIn(body, kind, 'between two');
  link.write(Buffer.concat([Buffer.from(head, 'latin1'), body.subarray(0, at)]));
  await link.itemsSeen(whole);
  link.reset();
}

interface Reading extends Pick<FaultProxy, 'sawItem'> {
  readonly isEndless: boolean;
}

async function readAll(api: ResilientClient, kind: Kind, { sawItem, isEndless }: Reading): Promise<Read> {
  const items: number[] = [];
  const leave = new AbortController();
  const timer = isEndless ? setTimeout(() => leave.abort(new Error('left')), patienceMs) : undefined;
  const got = (text: string): void => {
    items.push(numberOf(text));
    sawItem();
  };
  try {
    if (kind === 'download') await readDownload(api, got);
    else if (kind === 'lines') for await (const text of api.lines<string>('lines', { signal: leave.signal })) got(text);
    else {
      const until = ({ id }: { readonly id?: string }): boolean => id === String(itemCount);
      for await (const { data } of api.events('events', { until, eventTimeout: silentForMs })) got(data);
    }
    return { items };
  } catch (error) {
    return { items, error };
  } finally {
    clearTimeout(timer);
  }
}

async function readDownload(api: ResilientClient, got: (text: string) => void): Promise<void> {
  const { body } = await api.get('download');
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) got(line);
  }
}

/** What must hold after every fault: each item once and in order, no reader left, a typed error. */
function problemsOf({ items, error }: Read, { received }: RealServer): string[] {
  const problems: string[] = [];
  const inOrder = items.every((number, index) => number === index + 1);
  if (!inOrder) problems.push(`the items were ${items.join()}`);
  const isTyped = isResilienceError(error) || resilienceErrorOf(error) !== undefined;
  if (error !== undefined && !isTyped && (error as Error).message !== 'left')
    problems.push(`no typed error: ${inspect(error)}`);
  const asked = received.map(({ headers }) => Number(headers['last-event-id'] ?? 0));
  if (asked.some((id) => id > items.length)) problems.push(`asked to continue after ${asked.join()}`);
  return problems;
}

function inWords({ items, error }: Read): string {
  const came = items.length === itemCount ? 'all' : `${items.length} of ${itemCount}`;
  if (error === undefined) return items.length === itemCount ? came : `${came}, and no error`;
  if ((error as Error).message === 'left') return `${came}, then the caller’s abort`;
  const typed = isResilienceError(error) ? error : resilienceErrorOf(error);
  const { code, cause } = (typed ?? error) as { readonly code?: string; readonly cause?: { readonly code?: string } };
  const by = code === 'STREAM_INTERRUPTED' ? ` by \`${cause?.code}\`` : '';
  return `${came}, then \`${code}\`${by}`;
}
