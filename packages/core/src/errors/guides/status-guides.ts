import { lookForIncident } from '../incident.ts';
import type { StatusGuide } from './status-guide.ts';

/**
 * The texts of the error reference. Each remedy says who acts: Holdfast by itself, Holdfast once an option is set, or a
 * person.
 */
export const guides: Readonly<Record<number, StatusGuide>> = {
  400: {
    title: 'The API could not understand the request',
    causes: [
      'A required field is missing',
      'The body is not well-formed, or not in the format that the API expects',
      'A value has the wrong type, such as text where a number belongs',
      'A value is not one of those that the API allows',
    ],
    remedies: [
      'See `error.error.param` and `error.issues`: they name the field, if the API reported it',
      "Compare names, types and allowed values with the API's documentation",
      'Pass `requestSchema`, and Holdfast checks bodies against your schema first: a mistake then costs no request',
      'Let Holdfast serialise the body (`json: {…}`): a value that cannot be serialised then fails before it is sent',
    ],
  },
  401: {
    title: 'The API could not authenticate the request',
    causes: [
      'No credentials were sent',
      'The key or token is mistyped, or was revoked',
      'The token has expired',
      'The key belongs to another environment, such as test instead of production',
    ],
    remedies: [
      'Pass `auth: bearerToken({refresh})`, and Holdfast renews the token once for all calls and sends each again',
      'Pass `auth: apiKey({key, environment})`, and Holdfast refuses a key of the wrong environment at once',
      'If the API has another origin than `baseUrl`, name it in `authOrigins`: credentials go nowhere else',
      "Check in the API's dashboard that the key is active, and make a new one if it is not",
    ],
  },
  403: {
    title: 'The credentials do not allow this request',
    causes: [
      'The token lacks a scope',
      'The feature is not switched on for this account',
      'Requests from this IP address are not allowed',
      'The account is suspended',
    ],
    remedies: [
      'See `error.requiredScope`: if the API names the required scope, request a token that has it',
      "Check in the API's dashboard whether the feature is switched on",
      "Add your server's public IP address to the API's allow list",
      'Send `error.supportReport()` to support, and ask about the account: it holds the request id and no secrets',
    ],
  },
  404: {
    title: 'There is nothing at this URL',
    causes: [
      'The id is wrong, or belongs to another account or environment',
      'The resource has been deleted',
      'The path has a typo, or the endpoint has another name',
      "The API's version is missing from the URL, or is the wrong one",
    ],
    remedies: [
      'Check the id, and where it came from',
      'Compare the URL in the message with the documentation; it shows how `baseUrl` and path were joined',
      'If a missing resource is not an error to you, pass `policies: {404: accept()}`',
    ],
  },
  408: {
    title: 'The server gave up waiting for the request',
    causes: ['The upload was too slow', 'A connection that had been idle was used again', 'The server is overloaded'],
    promisesRetry: true,
    remedies: [
      'Holdfast sends it again by itself, where that is safe',
      'Pass `idempotencyKeys: true`, if the API supports them, so that POST and PATCH are safe to send again too',
      'Send large bodies in smaller parts',
    ],
  },
  409: {
    title: 'The request conflicts with the current state',
    causes: [
      'Another request changed it in the meantime',
      'It exists already',
      'Another request with the same idempotency key is still being processed',
    ],
    remedies: [
      'Read the newest state, apply your change to it, and send it again',
      'Pass `idempotencyKeys: true`, if the API supports them, so that a repeated request does not count as a second one',
    ],
  },
  410: {
    title: 'The resource is permanently gone',
    causes: ['It has been deleted', 'The endpoint, or this version of the API, has been retired'],
    remedies: [
      'Stop using the id: unlike with a 404, the resource will not come back',
      "If an endpoint is gone, look in the API's changelog for its successor",
    ],
  },
  413: {
    title: 'The body is larger than the server takes',
    causes: ['The body exceeds the limit of the API or of a proxy in front of it'],
    remedies: [
      'Send less data at once, or split it into parts',
      'Holdfast sends it again only if the server says when (`Retry-After`)',
    ],
  },
  422: {
    title: 'The request is well-formed, but breaks a rule',
    causes: [
      'A business rule forbids it',
      'It would be a duplicate',
      'The change is not possible in the current state',
      'A value violates a constraint',
    ],
    remedies: [
      'See `error.issues`: path, message and code of each fault',
      'Read the current state first, and ask only for changes that it allows',
      'Pass `idempotencyKeys: true`, if the API supports them: the same key on every attempt makes no duplicates',
      'Sending it again unchanged cannot help, so Holdfast does not',
    ],
  },
  425: {
    title: 'The server refused to process early data',
    causes: ['The request was sent while the connection was still being made (TLS early data)'],
    promisesRetry: true,
    remedies: ['Holdfast sends it again by itself: the server has not acted on it'],
  },
  429: {
    title: 'Too many requests',
    causes: [
      'More requests than the quota allows in its window',
      'Too many requests at the same time',
      'Another program uses up the same quota',
      'Retries came without pauses',
    ],
    promisesRetry: true,
    remedies: [
      'Holdfast waits as long as the server asks, if there is time for it, and then tries again by itself',
      'Send fewer requests: `responseCache` stores answers, `coalesce` sends equal requests once, `rateLimit` keeps to a quota',
      'See `error.retryAt` for when to try again, and `error.quota` for what is left',
      'Send `error.supportReport()` to support, and ask for a higher limit',
    ],
  },
  500: {
    title: 'Something broke on the server',
    causes: [
      'A bug in the API',
      'Trouble with its database',
      'A service that the API needs is down',
      'A temporary fault',
    ],
    promisesRetry: true,
    remedies: [
      'Holdfast sends it again by itself, with growing pauses, where that is safe',
      'Pass `idempotencyKeys: true`, if the API supports them, so that POST and PATCH are safe to send again too',
      lookForIncident,
      'Send `error.supportReport()` to support: the request id lets them find it in their logs',
    ],
  },
  502: {
    title: 'A proxy got no valid answer from the server behind it',
    causes: [
      'The server is down or restarting',
      'A deployment is under way',
      'The server closed the connection midway',
    ],
    promisesRetry: true,
    remedies: [
      'Holdfast sends it again by itself, where that is safe',
      'The server may have acted on the request: check `error.applied` before you send it again yourself',
      lookForIncident,
    ],
  },
  503: {
    title: 'The service is temporarily unavailable',
    causes: ['Planned maintenance', 'Overload', 'A deployment is under way'],
    promisesRetry: true,
    remedies: [
      'Holdfast waits as long as the server asks, if there is time for it, and tries again by itself',
      'See `error.retryAt` for when to try again',
      'Pass `fallback`, or `responseCache: {staleIfErrorMs}`, and your users get a substitute meanwhile',
      'The circuit breaker stops calls to a server that is down: configure it with `circuitBreaker`',
      lookForIncident,
      'Subscribe to the updates of that page',
    ],
  },
  504: {
    title: 'A proxy waited too long for the server behind it',
    causes: ['The request takes a very long time to process', 'The server is overloaded', 'The server hangs'],
    promisesRetry: true,
    remedies: [
      'Holdfast sends it again by itself, where that is safe',
      'The server may still be processing the request: check `error.applied` before you send it again yourself',
      'Request less at once, such as a smaller page or a shorter range',
    ],
  },
};
