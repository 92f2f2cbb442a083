/** A program that fails with what a call rejects with, or prints it as loggers do. It knows a token, a cookie and a body. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { bearerToken, type ClientOptions, createResilientClient } from 'holdfast';

const [failure = '', print = ''] = process.argv.slice(2);
const secrets = { token: 'tok-hush-1', cookie: 'sid-hush-2', body: 'body-hush-3' };

/** What an HTTP library's error carries. */
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

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => reply[failure]?.(socket));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
server.unref();
const { port } = server.address() as { readonly port: number };

const special: Record<string, ClientOptions> = {
  'a fetch of the user': { fetch: async () => Promise.reject(laden()) },
  'a refresh': { auth: bearerToken({ refresh: async () => Promise.reject(laden()) }) },
  'a timeout': { timeout: 50 },
};
const api = createResilientClient({
  ...{ baseUrl: `http://127.0.0.1:${port}/`, auth: bearerToken({ token: secrets.token }), retry: 0 },
  ...special[failure],
});
const options = { headers: { cookie: `sid=${secrets.cookie}` }, json: { secret: secrets.body } };

/** Copies what can be enumerated, as loggers do, and goes into causes and members. */
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

const by =
  process.argv[4] === 'fetch'
    ? api
        .fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: options.headers,
          body: JSON.stringify(options.json),
        })
        .then((response) => response.json())
    : api.post('orders', options).json();
const error = await by.then(
  (value) => new Error(`It came well: ${JSON.stringify(value)}`),
  (reason: Error) => reason,
);
console.error('code', (error as { code?: string }).code);
printers[print]?.(error);
