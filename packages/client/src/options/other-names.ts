/** What to write in place of an option that is not one of ours. */
export interface Remedy {
  /** For a client, and for a call of it. */
  readonly use: string;
  /** For `init.holdfast` of `client.fetch`, where it is another: none of ky's options apply there. */
  readonly inFetch?: string;
}

const within = (option: string): Remedy => ({ use: `it belongs into ${option}` });

/**
 * Options of axios, got, ofetch, superagent, SDKs, retry, queue and circuit libraries, options of ours that stand outside
 * the one that they belong to, and slips that are too far from the right name to resemble it. fetch would ignore them
 * silently: a retry that never happens, a filter that is never sent. In lower case.
 */
const table: readonly (readonly [names: string, remedy: Remedy])[] = [
  [
    'retries maxretries retrycount maxretrycount retrylimit retryattempts maxretryattempts attempts maxattempts tries ' +
      'maxtries numofattempts numretries retrytimes',
    { use: 'use retry: {limit: 3}, which counts the attempts after the first' },
  ],
  [
    'backoff retrydelay retrydelayms retryinterval retrybackoff mintimeout maxtimeout factor randomize startingdelay ' +
      'timemultiple initialdelay backofffactor',
    { use: 'use policies: {503: retry({backoff: exponentialBackoff({initialMs: 500})})}' },
  ],
  [
    'retrycondition retryon retryif retrystatuscodes retrystatuses retryablestatuses isretryable shouldretryon',
    { use: 'use policies: {409: retry()}, or retry: {shouldRetry}' },
  ],
  ['onretry onfailedattempt', { use: "use client.on('retry.scheduled', listener)" }],
  ['backofflimit afterstatuscodes statuscodes shouldretry retryontimeout jitter', within('retry: {…}')],
  [
    'params query queryparams queryparameters querystring qs searchparameters defaultquery urlparams paramsserializer',
    { use: 'use searchParams: {page: 2}', inFetch: 'put it into the URL' },
  ],
  [
    'data payload jsonbody requestbody',
    { use: 'use json: {…}, or body for anything else', inFetch: "use body of fetch's init" },
  ],
  [
    'form formdata multipart',
    { use: 'use body: new URLSearchParams({…}), or body: new FormData()', inFetch: "use body of fetch's init" },
  ],
  [
    'responsetype responseencoding parseresponse parseas resolvebodyonly isstream',
    {
      use: 'call .json(), .text(), .blob() or .arrayBuffer() on the promise',
      inFetch: 'call .json(), .text() or .blob() on the response',
    },
  ],
  [
    'validatestatus throwhttperror throwonerror throwonhttperror ignoreresponseerror',
    {
      use: 'use policies: {404: accept()} for a status that is an answer, or throwHttpErrors: false',
      inFetch: 'a status is a Response already',
    },
  ],
  ['maxconcurrent maxconcurrency concurrency', { use: 'use rateLimit: {maxConcurrent: 10}' }],
  [
    'reservoir reservoirrefreshinterval reservoirrefreshamount maxrequests requestspersecond maxrps interval intervalcap ' +
      'throttle ratelimiter limiter requests perms',
    { use: 'use rateLimit: {requests: 100, perMs: 1000}' },
  ],
  ['mintime mintimems', { use: 'use rateLimit: {minTimeMs: 100}' }],
  ['maxqueue maxqueuems highwater queuesize', { use: 'use rateLimit: {maxQueue: 100, maxQueueMs: 5000}' }],
  ['adaptive', within('rateLimit: {…}')],
  [
    'circuit breaker errorthresholdpercentage failurethreshold volumethreshold rollingcounttimeout rollingcountbuckets ' +
      'resettimeout halfopenafter errorfilter',
    { use: 'use circuitBreaker: {failureRatio: 0.5, minimumCalls: 20, windowMs: 30_000, openMs: 5000}' },
  ],
  [
    'failureratio minimumcalls windowms openms maxopenms probes slowcallms slowcallratio initialstate',
    within('circuitBreaker: {…}'),
  ],
  [
    'requesttimeout timeoutms timeoutinms connecttimeout maxretrytime overalltimeout deadline',
    { use: 'use timeout for an attempt, and totalTimeout for the whole call, in milliseconds' },
  ],
  ['token bearer bearertoken accesstoken authtoken', { use: "use auth: bearerToken({token: '…'})" }],
  [
    'refresh refreshaheadms refreshtoken',
    { use: 'use auth: bearerToken({refresh: async () => ({token, expiresAt})})' },
  ],
  ['apikey', { use: "use auth: apiKey({key: '…'})" }],
  ['username password', { use: "use auth: {header: 'authorization', get: () => basic}" }],
  ['defaultheaders', { use: "use headers: {'x-tenant': 'a'}", inFetch: "use headers of fetch's init" }],
  ['url uri', { use: 'the URL is the first argument; for all calls of a client use baseUrl' }],
  [
    'canceltoken abortsignal abortcontroller',
    { use: 'use signal: controller.signal', inFetch: "use signal of fetch's init" },
  ],
  ['withcredentials', { use: "use credentials: 'include'", inFetch: "use credentials of fetch's init" }],
  [
    'onrequest onrequesterror onresponse onresponseerror interceptors middleware middlewares transformrequest ' +
      'transformresponse beforerequest beforeretry beforeerror afterresponse',
    { use: 'use hooks: {beforeRequest: [hook], afterResponse: [hook]}', inFetch: 'hooks have no part in client.fetch' },
  ],
  ['dedupe dedup deduplicate', { use: 'use coalesce: true' }],
  ['cacheoptions cachettl', { use: 'use responseCache: true' }],
  ['maxcontentlength maxresponsesize maxresponselength', { use: 'use maxResponseBytes' }],
  ['schema', { use: 'use requestSchema for what is sent, and .json(schema) for what is received' }],
  ['policy', { use: 'it is called policies' }],
  ['responsecaching', { use: 'it is called responseCache' }],
  ['readbodies', { use: "it is called readBody: 'inAttempt'" }],
  [
    'fetchoptions',
    { use: "fetch's own options stand beside the others", inFetch: "they belong to fetch's init itself" },
  ],
  [
    'followredirect followredirects maxredirects',
    { use: "use redirect: 'manual' or 'error'", inFetch: "use redirect of fetch's init" },
  ],
  [
    'httpagent httpsagent rejectunauthorized socketpath',
    {
      use: 'use dispatcher: new Agent({…}) of undici',
      inFetch: "use dispatcher of fetch's init",
    },
  ],
  ['cookiejar', { use: 'give a fetch that keeps cookies' }],
  ['use plugins extensions', { use: 'use perCall and perAttempt for strategies of your own' }],
  ['hedge hedging upstreams upstream maxejected', { use: 'this version does not have it; leave it out' }],
];

/** The remedy for each of these names. */
export const otherNames: ReadonlyMap<string, Remedy> = new Map(
  table.flatMap(([names, remedy]) => names.split(' ').map((name): [string, Remedy] => [name, remedy])),
);
