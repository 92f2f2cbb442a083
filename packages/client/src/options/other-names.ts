/** What to write in place of an option of another library's. */
export interface Remedy {
  /** For a client, and for a call of it. */
  readonly use: string;
  /** For `init.holdfast` of `client.fetch`, where it is another: none of ky's options apply there. */
  readonly inFetch?: string;
}

const retryLimit: Remedy = { use: 'use retry: {limit: 3}, which counts the attempts after the first' };
const query: Remedy = { use: 'use searchParams: {page: 2}', inFetch: 'put it into the URL' };
const body: Remedy = { use: 'use json: {…}, or body for anything else', inFetch: "use body of fetch's init" };
const form: Remedy = {
  use: 'use body: new URLSearchParams({…}), or body: new FormData()',
  inFetch: "use body of fetch's init",
};
const parsed: Remedy = {
  use: 'call .json(), .text(), .blob() or .arrayBuffer() on the promise',
  inFetch: 'call .json(), .text() or .blob() on the response',
};
const time: Remedy = { use: 'use timeout for an attempt, and totalTimeout for the whole call, in milliseconds' };
const statuses: Remedy = {
  use: 'use policies: {404: accept()} for a status that is an answer, or throwHttpErrors: false',
  inFetch: 'a status is a Response already',
};
const limiter: Remedy = { use: 'use rateLimit: {maxConcurrent: 10}' };
const waits: Remedy = { use: 'use policies: {503: retry({backoff: exponentialBackoff({initialMs: 500})})}' };
const bearer: Remedy = { use: "use auth: bearerToken({token: '…'})" };
const cancel: Remedy = { use: 'use signal: controller.signal', inFetch: "use signal of fetch's init" };

/**
 * Options of axios, got, ofetch, superagent, SDKs, retry and queue libraries, and slips that are too far from the right
 * name to resemble it. fetch would ignore them silently: a retry that never happens, a filter that is never sent. In
 * lower case.
 */
export const otherNames: ReadonlyMap<string, Remedy> = new Map(
  Object.entries({
    retries: retryLimit,
    maxretries: retryLimit,
    retrycount: retryLimit,
    retrylimit: retryLimit,
    attempts: retryLimit,
    maxattempts: retryLimit,
    backoff: waits,
    retrydelay: waits,
    params: query,
    query,
    queryparams: query,
    qs: query,
    searchparameters: query,
    data: body,
    payload: body,
    form,
    formdata: form,
    responsetype: parsed,
    validatestatus: statuses,
    token: bearer,
    bearer,
    bearertoken: bearer,
    apikey: { use: "use auth: apiKey({key: '…'})" },
    maxconcurrent: limiter,
    maxconcurrency: limiter,
    concurrency: limiter,
    requesttimeout: time,
    timeoutms: time,
    policy: { use: 'it is called policies' },
    responsecaching: { use: 'it is called responseCache' },
    readbodies: { use: "it is called readBody: 'inAttempt'" },
    canceltoken: cancel,
    abortsignal: cancel,
    withcredentials: { use: "use credentials: 'include'", inFetch: "use credentials of fetch's init" },
    throwhttperror: statuses,
  }),
);
