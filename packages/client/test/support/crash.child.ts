/**
 * A program that fails as its arguments say, and crashes or prints the caught error as loggers do. It knows a token, a
 * cookie and a body. Without arguments it fails in every way, and prints each failure in every way.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { bearerToken, type ClientOptions, createResilientClient } from 'holdfast';

const secrets = { token: 'tok-hush-1', cookie: 'sid-hush-2', body: 'body-hush-3' };

/** The members that an HTTP library's error has. */
function laden(): Error {
  const config = { headers: { authorization: `Bearer ${secrets.token}`, cookie: secrets.cookie }, data: secrets.body };
  const response = { status: 500, data: secrets.body, headers: { 'set-cookie': [secrets.cookie] }, config };
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', ...{ config, request: { config } } });
  return Object.assign(new TypeError('fetch failed', { cause }), { config, response, [Symbol('kept')]: config });
}

const reply: Record<string, (socket: Socket) => void> = {
  'no HTTP': (socket) => socket.end(`HTTP/1.1 200 OK\r\nset-cookie: ${secrets.cookie}\r\n${secrets.body} oops\r\n\r\n`),
  'a closed connection': (socket) => socket.destroy(),
  'a broken body': (socket) => {
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\nset-cookie: ${secrets.cookie}\r\n\r\n{"a":"${secrets.body}`,
    );
    setTimeout(() => socket.destroy(), 20);
  },
  'a status': (socket) => {
    const text = JSON.stringify({ error: { code: 'broken', message: 'It broke' }, echo: secrets });
    const head = `content-type: application/json\r\nset-cookie: ${secrets.cookie}`;
    socket.end(`HTTP/1.1 500 Oops\r\n${head}\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  },
};

let failing = '';
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => reply[failing]?.(socket));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as { readonly port: number };

const special: Record<string, ClientOptions> = {
  'a fetch of the user': { fetch: async () => Promise.reject(laden()) },
  'a refresh': { auth: bearerToken({ refresh: async () => Promise.reject(laden()) }) },
  'a timeout': { timeout: 50 },
};
const options = { headers: { cookie: `sid=${secrets.cookie}` }, json: { secret: secrets.body } };

/** Copies enumerable members, as loggers do, including causes and nested members. */
function copied(value: unknown, names: (of: object) => readonly string[], depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 8) return value;
  const entries = names(value).map((name) => [name, copied(Reflect.get(value, name), names, depth + 1)]);
  const { message, stack, cause } = value as Error;
  return {
    message,
    stack,
    ...(cause !== undefined && { cause: copied(cause, names, depth + 1) }),
    ...Object.fromEntries(entries),
  };
}

const printers: Record<string, (error: Error) => void> = {
  'the crash of Node': (error) => {
    throw error;
  },
  'the crash by its cause': (error) => {
    throw error.cause ?? error;
  },
  'console.error': (error) => console.error(error, error.cause),
  'inspect, with all that is hidden': (error) => {
    for (const one of [error, error.cause]) {
      console.error(inspect(one, { depth: 20, showHidden: true, getters: 'get' }));
      console.error(inspect(one, { depth: 20, showHidden: true, customInspect: false }));
    }
  },
  'a logger that copies members': (error) => {
    console.error(JSON.stringify(copied(error, Object.keys)));
    console.error(inspect({ ...error, ...(error.cause as object) }, { depth: 20 }));
  },
  'a logger that copies hidden members': (error) =>
    console.error(inspect(copied(error, Object.getOwnPropertyNames), { depth: 20 })),
  JSON: (error) => console.error(JSON.stringify({ error, cause: error.cause })),
  'a copy for another thread': (error) => {
    console.error(inspect(structuredClone(error.cause), { depth: 20, showHidden: true }));
  },
};

/** The error of a call, through ky's face or through `client.fetch`. */
async function failureOf(failure: string, isFetch: boolean): Promise<Error> {
  failing = failure;
  const baseUrl = `http://127.0.0.1:${port}/`;
  const auth = bearerToken({ token: secrets.token });
  const api = createResilientClient({ baseUrl, auth, retry: 0, ...special[failure] });
  const { headers, json } = options;
  const init = { method: 'POST', headers, body: JSON.stringify(json) };
  const answer = isFetch ? api.fetch(baseUrl, init).then((response) => response.json()) : api.post('x', options).json();
  return answer.then(
    () => new Error(`${failure}: it came well`),
    (error: Error) => error,
  );
}

const [failure, print = ''] = process.argv.slice(2);
if (failure !== undefined) {
  printers[print]?.(await failureOf(failure, false));
} else {
  for (const one of [...Object.keys(reply), ...Object.keys(special)]) {
    for (const isFetch of [false, true]) {
      const error = await failureOf(one, isFetch);
      console.error('code', one, (error as { code?: string }).code);
      for (const [name, printer] of Object.entries(printers)) if (!name.startsWith('the crash')) printer(error);
    }
  }
}
