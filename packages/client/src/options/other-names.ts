/**
 * Options of axios, got, ofetch, superagent, SDKs, retry, queue and circuit libraries, options of ours that are outside
 * the option that they belong to, and mistakes that are too far from the right name to resemble it. fetch would ignore
 * them silently: a retry that never happens, a filter that is never sent. In lower case, without hyphens and
 * underscores; the names of one line are about the same topic.
 */
const names = [
  'retries maxretries retrycount retrylimit retryattempts attempts maxattempts tries maxtries numofattempts',
  'backoff retrydelay retryinterval mintimeout maxtimeout factor randomize startingdelay initialdelay',
  'retrycondition retryon retrystatuscodes statuscodes afterstatuscodes shouldretry retryontimeout backofflimit jitter',
  'params query queryparams querystring qs searchparameters defaultquery paramsserializer',
  'data payload',
  'form formdata',
  'responsetype responseencoding parseresponse parseas resolvebodyonly isstream',
  'validatestatus throwhttperror throwonerror ignoreresponseerror',
  'maxconcurrent maxconcurrency concurrency',
  'requests perms reservoir interval intervalcap throttle limiter ratelimiter mintime mintimems maxqueue maxqueuems highwater adaptive',
  'circuit breaker errorthresholdpercentage volumethreshold rollingcounttimeout resettimeout failurethreshold failureratio minimumcalls windowms openms maxopenms probes initialstate',
  'requesttimeout timeoutms timeoutinms connecttimeout maxretrytime deadline',
  'token bearer bearertoken accesstoken authtoken refresh',
  'apikey',
  'authorization authentication',
  'username password',
  'url uri',
  'canceltoken abortsignal',
  'withcredentials',
  'onrequest onrequesterror onresponse onresponseerror interceptors middleware transformrequest transformresponse beforerequest beforeretry beforeerror afterresponse onfailedattempt onretry',
  'dedupe',
  'lasteventid',
  'reconnect',
  'maxcontentlength maxresponsesize maxresponselength maxbodylength maxbodysize',
  'allowedhosts alloweddomains allowedurls allowlist whitelist',
  'policy',
  'responsecaching cacheoptions',
  'readbodies',
  'fetchoptions defaultheaders',
  'followredirect maxredirects',
  'httpagent httpsagent rejectunauthorized',
  'cookiejar',
  'use plugins extensions',
  'hedge upstreams upstream',
] as const;

type FirstWord<Line extends string> = Line extends `${infer First} ${string}` ? First : Line;

/** What a name is about: the first name of its line. */
export type Topic = FirstWord<(typeof names)[number]>;

/** The topic of each of these names. */
export const otherNames: ReadonlyMap<string, Topic> = new Map(
  names.flatMap((line) => {
    const list = line.split(' ');
    return list.map((name) => [name, list[0] as Topic]);
  }),
);
