/** The remedy for an option that is not one of ours. */
export interface Remedy {
  /** The remedy for a client, and for a call of it. */
  readonly use: string;
  /** The remedy for `init.holdfast` of `client.fetch`, if it differs: none of ky's options apply there. */
  readonly inFetch?: string | undefined;
}

const bodyOfInit = "use body of fetch's init";

/**
 * Options of axios, got, ofetch, superagent, SDKs, retry, queue and circuit libraries, options of ours that are outside
 * the option that they belong to, and mistakes that are too far from the right name to resemble it. fetch would ignore
 * them silently: a retry that never happens, a filter that is never sent. In lower case, without hyphens and
 * underscores.
 */
const table: readonly (readonly [names: string, use: string, inFetch?: string])[] = [
  [
    'retries maxretries retrycount retrylimit retryattempts attempts maxattempts tries maxtries numofattempts',
    'use retry: {limit: 3}, which counts the attempts after the first',
  ],
  [
    'backoff retrydelay retryinterval mintimeout maxtimeout factor randomize startingdelay initialdelay',
    'use policies: {503: retry({backoff: exponentialBackoff({initialMs: 500})})}',
  ],
  [
    'retrycondition retryon retrystatuscodes statuscodes afterstatuscodes shouldretry retryontimeout backofflimit jitter',
    'use policies: {409: retry()}, or retry: {statusCodes, shouldRetry, backoffLimit}',
  ],
  [
    'params query queryparams querystring qs searchparameters defaultquery paramsserializer',
    'use searchParams: {page: 2}',
    'put it into the URL',
  ],
  ['data payload', 'use json: {…}, or body for anything else', bodyOfInit],
  ['form formdata', 'use body: new URLSearchParams({…}), or body: new FormData()', bodyOfInit],
  [
    'responsetype responseencoding parseresponse parseas resolvebodyonly isstream',
    'call .json(), .text(), .blob() or .arrayBuffer() on the promise',
    'call .json(), .text() or .blob() on the response',
  ],
  [
    'validatestatus throwhttperror throwonerror ignoreresponseerror',
    'use policies: {404: accept()} for a status that is an answer, or throwHttpErrors: false',
    'a status is a Response already',
  ],
  ['maxconcurrent maxconcurrency concurrency', 'use rateLimit: {maxConcurrent: 10}'],
  [
    'requests perms reservoir interval intervalcap throttle limiter ratelimiter mintime mintimems maxqueue maxqueuems ' +
      'highwater adaptive',
    'use rateLimit: {requests: 100, perMs: 1000, minTimeMs, maxQueue}',
  ],
  [
    'circuit breaker errorthresholdpercentage volumethreshold rollingcounttimeout resettimeout failurethreshold ' +
      'failureratio minimumcalls windowms openms maxopenms probes initialstate',
    'use circuitBreaker: {failureRatio: 0.5, minimumCalls: 20, windowMs: 30_000, openMs: 5000}',
  ],
  [
    'requesttimeout timeoutms timeoutinms connecttimeout maxretrytime deadline',
    'use timeout for an attempt, and totalTimeout for the whole call, in milliseconds',
  ],
  ['token bearer bearertoken accesstoken authtoken refresh', "use auth: bearerToken({token: '…', refresh})"],
  ['apikey', "use auth: apiKey({key: '…'})"],
  [
    'authorization authentication',
    "use auth: bearerToken({token: '…'}), or headers: {authorization}",
    "use headers of fetch's init",
  ],
  ['username password', "use auth: {header: 'authorization', get: () => basic}"],
  ['url uri', 'the URL is the first argument, and baseUrl is for all calls'],
  ['canceltoken abortsignal', 'use signal: controller.signal', "use signal of fetch's init"],
  ['withcredentials', "use credentials: 'include'", "use credentials of fetch's init"],
  [
    'onrequest onrequesterror onresponse onresponseerror interceptors middleware transformrequest transformresponse ' +
      'beforerequest beforeretry beforeerror afterresponse onfailedattempt onretry',
    'use hooks: {beforeRequest: [hook], beforeRetry: [hook], afterResponse: [hook]}',
    'hooks have no effect in client.fetch',
  ],
  ['dedupe', 'use coalesce: true'],
  ['lasteventid', "use headers: {'last-event-id': '5'}"],
  ['reconnect', 'use resume of client.events()'],
  ['maxcontentlength maxresponsesize maxresponselength maxbodylength maxbodysize', 'use maxResponseBytes'],
  ['allowedhosts alloweddomains allowedurls allowlist whitelist', "use allowedOrigins: ['https://api.example.com']"],
  ['policy', 'it is called policies'],
  ['responsecaching cacheoptions', 'it is called responseCache'],
  ['readbodies', "it is called readBody: 'inAttempt'"],
  ['fetchoptions defaultheaders', 'give headers and other options of fetch next to the other options'],
  ['followredirect maxredirects', "use redirect: 'manual' or 'error'"],
  ['httpagent httpsagent rejectunauthorized', 'use dispatcher: new Agent({…}) of undici'],
  ['cookiejar', 'give a fetch that keeps cookies'],
  ['use plugins extensions', 'use perCall and perAttempt'],
  ['hedge upstreams upstream', 'this version does not have it'],
];

/** The remedy for each of these names. */
export const otherNames: ReadonlyMap<string, Remedy> = new Map(
  table.flatMap(([names, use, inFetch]) => names.split(' ').map((name): [string, Remedy] => [name, { use, inFetch }])),
);
