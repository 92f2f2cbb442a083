import type { Topic } from './other-names.ts';

/**
 * What to use in place of another library's option: in a client and in a call of it, and in `init.holdfast` of
 * `client.fetch`, if that differs: none of ky's options apply there.
 */
export type Remedy = readonly [use: string, inFetch?: string];

const bodyOfInit = "use body of fetch's init";

const all: Readonly<Record<Topic, Remedy>> = {
  attempts: ['use retry: {limit: 3}, which counts the attempts after the first'],
  backoff: ['use policies: {503: retry({backoff: exponentialBackoff({initialMs: 500})})}'],
  conditions: ['use policies: {409: retry()}, or retry: {statusCodes, shouldRetry, backoffLimit}'],
  query: ['use searchParams: {page: 2}', 'put it into the URL'],
  json: ['use json: {…}, or body for anything else', bodyOfInit],
  form: ['use body: new URLSearchParams({…}), or body: new FormData()', bodyOfInit],
  reading: [
    'call .json(), .text(), .blob() or .arrayBuffer() on the promise',
    'call .json(), .text() or .blob() on the response',
  ],
  statuses: [
    'use policies: {404: accept()} for a status that is an answer, or throwHttpErrors: false',
    'a status is a Response already',
  ],
  concurrency: ['use rateLimit: {maxConcurrent: 10}'],
  rate: ['use rateLimit: {requests: 100, perMs: 1000, minTimeMs, maxQueue}'],
  circuit: ['use circuitBreaker: {failureRatio: 0.5, minimumCalls: 20, windowMs: 30_000, openMs: 5000}'],
  times: ['use timeout for an attempt, and totalTimeout for the whole call, in milliseconds'],
  token: ["use auth: bearerToken({token: '…', refresh})"],
  apiKey: ["use auth: apiKey({key: '…'})"],
  authorization: ["use auth: bearerToken({token: '…'}), or headers: {authorization}", "use headers of fetch's init"],
  basic: ["use auth: {header: 'authorization', get: () => basic}"],
  url: ['the URL is the first argument, and baseUrl is for all calls'],
  signal: ['use signal: controller.signal', "use signal of fetch's init"],
  cookies: ["use credentials: 'include'", "use credentials of fetch's init"],
  hooks: [
    'use hooks: {beforeRequest: [hook], beforeRetry: [hook], afterResponse: [hook]}',
    'hooks have no effect in client.fetch',
  ],
  sharing: ['use coalesce: true'],
  lastEventId: ["use headers: {'last-event-id': '5'}"],
  resume: ['use resume of client.events()'],
  size: ['use maxResponseBytes'],
  origins: ["use allowedOrigins: ['https://api.example.com']"],
  policies: ['it is called policies'],
  cache: ['it is called responseCache'],
  bodies: ["it is called readBody: 'inAttempt'"],
  ownOptions: ['give headers and other options of fetch next to the other options'],
  redirects: ["use redirect: 'manual' or 'error'"],
  agents: ['use dispatcher: new Agent({…}) of undici'],
  jar: ['give a fetch that keeps cookies'],
  plugins: ['use perCall and perAttempt'],
  absent: ['this version does not have it'],
};

/** `undefined` in a page that is not bundled for development: `remedies.browser.ts`. */
export function remedyFor(topic: Topic): Remedy | undefined {
  return all[topic];
}
