import type { ServerResponse } from 'node:http';

/** The API's answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

/** A fault of one request. `work` does what the request asks for, and returns the text of the answer. */
export type Trouble = (response: ServerResponse, work: () => Answer) => void;

/** The error envelope: the form of every error answer of this API. */
export function failure(status: number, code: string, message: string, further: object = {}): Answer {
  const type = status === 422 ? 'validation_error' : status >= 500 ? 'api_error' : 'invalid_request_error';
  return { status, body: { error: { code, message, type, ...further } } };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/csv' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(text);
}

const glitch: Trouble = (response) => send(response, failure(500, 'database_error', 'The database hiccuped'));

/** @param seconds The value of `Retry-After`. Without it, the server does not say how long the trouble lasts. */
function maintenance(seconds?: number): Trouble {
  const answer = failure(503, 'maintenance', 'We are moving to a larger database');
  const headers = seconds === undefined ? {} : { 'retry-after': String(seconds) };
  return (response) => send(response, { ...answer, headers });
}

const slow: Trouble = (response, work) => {
  const timer = setTimeout(() => send(response, work()), 5000);
  response.on('close', () => clearTimeout(timer));
};

const reset: Trouble = (response) => response.req.socket.resetAndDestroy();

/** The worst fault: the order is placed, but the client doesn't learn of it. */
const resetAfterTheWork: Trouble = (response, work) => {
  work();
  response.req.socket.resetAndDestroy();
};

const cutShort: Trouble = (response, work) => {
  const text = String(work().body);
  response.writeHead(200, { 'content-type': 'text/csv', 'content-length': text.length });
  response.write(text.slice(0, text.length / 2), () => response.req.socket.destroy());
};

/**
 * The first request to a path meets the first trouble of its list, and so on. After the last trouble, all requests
 * succeed.
 */
export const troubles: Readonly<Record<string, readonly Trouble[]>> = {
  'GET orders/1004': [glitch],
  'GET orders/1005': [maintenance(1)],
  'GET orders/1006': [slow],
  'GET orders/1007': [reset],
  'POST orders': [resetAfterTheWork],
  'GET suggestions': [maintenance(), maintenance(), maintenance()],
  'GET invoices/7': [maintenance(120)],
  'GET exports/orders.csv': [cutShort],
};
