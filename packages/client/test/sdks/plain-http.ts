import type { ServerResponse } from 'node:http';
import { json, type ReceivedRequest } from '../support/server.ts';
import { type Api, type Pieces, weigh } from './flaky-service.ts';

/** A plain HTTP service: an order, a POST that returns what it received, an upload, and a stream of text. */
export const plainHttp: Api = {
  isCall: () => true,
  answer(request, response, pieces) {
    if (request.path === '/stream') return sendText(response, pieces);
    if (request.path === '/upload') return json(response, 200, weigh(request.body));
    if (request.method === 'POST') return json(response, 201, created(request), { 'x-request-id': 'req_2' });
    json(response, 200, { id: '42', status: 'paid' }, { 'x-request-id': 'req_2' });
  },
};

/** The answer to a POST. */
export function created({ body }: ReceivedRequest): object {
  return { id: '43', object: 'customer', got: body.toString() };
}

export async function sendText(response: ServerResponse, pieces: Pieces): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain' });
  for await (const piece of pieces) response.write(piece);
  response.end();
}

/** Each chunk of a body is one piece, because the next one is sent only when this one has been read. */
export async function readText(
  body: ReadableStream<Uint8Array>,
  taken: (piece: string) => void,
  enough: AbortSignal,
): Promise<void> {
  for await (const chunk of body) {
    taken(new TextDecoder().decode(chunk));
    if (enough.aborted) return;
  }
}
