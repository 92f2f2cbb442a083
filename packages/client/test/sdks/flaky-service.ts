import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { json, type ReceivedRequest, serve, type TestServer } from '../support/server.ts';

/** The fault of one request: a status instead of an answer, no answer at all, or one that breaks off. */
export type Fault =
  | number
  | 'reset'
  | 'silence'
  | 'cut'
  | { readonly status: number; readonly headers: Record<string, string> };

/** The API that an SDK is made for, as far as the tests need it. */
export interface Api {
  /** True for the requests that count. Other requests of a protocol neither fail nor are recorded. */
  isCall(request: ReceivedRequest): boolean;
  answer(request: ReceivedRequest, response: ServerResponse, pieces: Pieces): void | Promise<void>;
}

export interface FlakyService {
  readonly origin: string;
  /** The next calls' faults, in order. */
  readonly faults: Fault[];
  /** If set, a call without this token is answered with 401. */
  token?: string;
  /** The calls that arrived. */
  readonly calls: readonly ReceivedRequest[];
  readonly pieces: Pieces;
}

/** A real server on loopback. Its faults come before its answers. */
export async function flakyService(api: Api): Promise<FlakyService> {
  const faults: Fault[] = [];
  const calls: ReceivedRequest[] = [];
  const pieces = piecesInTurn();
  const server: TestServer = await serve((request, response, incoming) => {
    if (!api.isCall(request)) return void api.answer(request, response, pieces);
    calls.push(request);
    const { token } = service;
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return fail(response, 401);
    const fault = faults.shift();
    if (fault === 'silence') return;
    if (fault === 'reset') return void incoming.socket.resetAndDestroy();
    if (fault === 'cut') return void cutShort(response);
    if (typeof fault === 'number') return fail(response, fault);
    if (fault !== undefined) return fail(response, fault.status, fault.headers);
    response.once('close', () => response.writableFinished || pieces.cutOff());
    void api.answer(request, response, pieces);
  });
  const service: FlakyService = { origin: server.origin, faults, calls, pieces };
  return service;
}

/** An error body in which each SDK finds the members that it reads. */
function fail(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const message = `This is a ${status}`;
  const error = { code: 'some_code', message, type: 'some_type', param: 'name', request_id: 'req_1' };
  json(response, status, { error, message }, { 'x-request-id': 'req_1', ...headers });
}

function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"id": ', () => response.destroy());
}

/** The answer to an upload: length and hash of the body that the server received. */
export function weigh(body: Buffer | string): { readonly bytes: number; readonly sha256: string } {
  const bytes = Buffer.from(body);
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Three pieces. Each is sent only after the previous one has been read. */
export interface Pieces extends AsyncIterable<string> {
  /** What happened, in order: `sent one`, `read one`, … */
  readonly log: readonly string[];
  /** Reports that the client has read a piece, so the next may be sent. */
  taken(piece: string): void;
  /** Set if the connection ended before the answer did. */
  cutOff(): void;
  readonly untilCutOff: Promise<void>;
}

function piecesInTurn(): Pieces {
  const log: string[] = [];
  const cut = deferred();
  let turn = deferred();
  return {
    log,
    taken(piece) {
      log.push(`read ${piece}`);
      turn.resolve();
    },
    cutOff: cut.resolve,
    untilCutOff: cut.promise,
    async *[Symbol.asyncIterator]() {
      for (const piece of ['one', 'two', 'three']) {
        turn = deferred();
        log.push(`sent ${piece}`);
        yield piece;
        await turn.promise;
      }
    },
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
