/**
 * Options of axios, got, ofetch, superagent, SDKs, retry, queue and circuit libraries, options of ours that are outside
 * the option that they belong to, and mistakes that are too far from the right name to resemble it. fetch would ignore
 * them silently: a retry that never happens, a filter that is never sent. In lower case, without hyphens and
 * underscores.
 */
const names = {
  attempts: 'retries maxretries retrycount retrylimit retryattempts attempts maxattempts tries maxtries numofattempts',
  backoff: 'backoff retrydelay retryinterval mintimeout maxtimeout factor randomize startingdelay initialdelay',
  conditions:
    'retrycondition retryon retrystatuscodes statuscodes afterstatuscodes shouldretry retryontimeout backofflimit jitter',
  query: 'params query queryparams querystring qs searchparameters defaultquery paramsserializer',
  json: 'data payload',
  form: 'form formdata',
  reading: 'responsetype responseencoding parseresponse parseas resolvebodyonly isstream',
  statuses: 'validatestatus throwhttperror throwonerror ignoreresponseerror',
  concurrency: 'maxconcurrent maxconcurrency concurrency',
  rate: 'requests perms reservoir interval intervalcap throttle limiter ratelimiter mintime mintimems maxqueue maxqueuems highwater adaptive',
  circuit:
    'circuit breaker errorthresholdpercentage volumethreshold rollingcounttimeout resettimeout failurethreshold failureratio minimumcalls windowms openms maxopenms probes initialstate',
  times: 'requesttimeout timeoutms timeoutinms connecttimeout maxretrytime deadline',
  token: 'token bearer bearertoken accesstoken authtoken refresh',
  apiKey: 'apikey',
  authorization: 'authorization authentication',
  basic: 'username password',
  url: 'url uri',
  signal: 'canceltoken abortsignal',
  cookies: 'withcredentials',
  hooks:
    'onrequest onrequesterror onresponse onresponseerror interceptors middleware transformrequest transformresponse beforerequest beforeretry beforeerror afterresponse onfailedattempt onretry',
  sharing: 'dedupe',
  lastEventId: 'lasteventid',
  resume: 'reconnect',
  size: 'maxcontentlength maxresponsesize maxresponselength maxbodylength maxbodysize',
  origins: 'allowedhosts alloweddomains allowedurls allowlist whitelist',
  policies: 'policy',
  cache: 'responsecaching cacheoptions',
  bodies: 'readbodies',
  ownOptions: 'fetchoptions defaultheaders',
  redirects: 'followredirect maxredirects',
  agents: 'httpagent httpsagent rejectunauthorized',
  jar: 'cookiejar',
  plugins: 'use plugins extensions',
  absent: 'hedge upstreams upstream',
} as const;

/** What a name is about. */
export type Topic = keyof typeof names;

/** The topic of each of these names. */
export const otherNames: ReadonlyMap<string, Topic> = new Map(
  Object.entries(names).flatMap(([topic, list]) => list.split(' ').map((name) => [name, topic as Topic])),
);
