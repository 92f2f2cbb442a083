import type { Call } from '../call.ts';
import { isFinalServerStatus } from '../classify.ts';
import { defused } from '../options/defused.ts';
import type { Guide } from '../reference/guide.ts';
import { guideAfter } from '../reference/guide.ts';
import { statusName } from '../reference/status-names.ts';
import { parseQuota, type Quota } from '../server-timing/quota.ts';
import { parseServerTiming } from '../server-timing/server-timing.ts';
import { describeApiError, readFacts, rebuildResponse, requestIdOf, requiredScopeOf } from './api-error-facts.ts';
import type { ApiErrorBody, ErrorReader } from './envelope.ts';
import type { Issue } from './issues.ts';
import type { JoinedFrom } from './joined-from.ts';
import type { ErrorBody } from './read-error-body.ts';
import { define, ResilienceError } from './resilience-error.ts';

/** A link that errors carry: the same for all, or made from the error. */
export type ErrorLink = string | ((error: ApiError) => string);

/** Where a person finds help; an option that throws or gives no string is left out. */
export interface ErrorLinks {
  readonly docsUrl?: ErrorLink | undefined;
  readonly dashboardUrl?: ErrorLink | undefined;
  readonly supportUrl?: ErrorLink | undefined;
}

/** What an {@link ApiError} is made from. */
export interface ApiErrorInit {
  readonly call: Call;
  readonly response: Response;
  /** What `readErrorBody` gave. */
  readonly body: ErrorBody;
  readonly cause?: unknown;
  readonly links?: ErrorLinks | undefined;
  /** For a 404's message: how the URL was put together. */
  readonly base?: JoinedFrom | undefined;
  readonly readErrorBody?: ErrorReader | undefined;
  /** Its `data`, where the caller's own `parseJson` has read it; `undefined` counts. */
  readonly data?: unknown;
}

/** What the API said, word for word save its secrets. */
export type ApiErrorFacts = Readonly<Omit<ApiErrorBody, 'issues' | 'data'>>;

/** The API answered with an error status, and that is final. */
export class ApiError extends ResilienceError {
  static {
    define(ApiError, 'ApiError');
  }

  declare readonly code: 'API_ERROR';
  readonly status: number;
  /** The API's own code, message, type, param and request id, as far as it gave them. */
  readonly error: ApiErrorFacts;
  /** The id under which support finds the request: from the body, or else from the headers. */
  declare readonly requestId?: string;
  /** Each thing that is wrong with what was sent, where the API lists them. */
  readonly issues: readonly Issue[];
  /** The wait that the server asked for, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** What the answer's headers tell of the quota. */
  declare readonly quota?: Quota;
  /** The scope that the API asks for. */
  declare readonly requiredScope?: string;
  declare readonly docsUrl?: string;
  declare readonly dashboardUrl?: string;
  declare readonly supportUrl?: string;
  readonly #data: unknown;
  readonly #answer: { readonly response: Response; readonly body: ErrorBody };
  #response: Response | undefined;

  constructor(init: ApiErrorInit) {
    const { call, response, body } = init;
    const { headers, status } = response;
    const { issues, data, ...facts } = readFacts(response, body, init.readErrorBody);
    const wallNow = call.clock.wallNow();
    const retryAfterMs = parseServerTiming(headers, wallNow, status)?.retryAfterMs;
    super({
      code: 'API_ERROR',
      call,
      message: describeApiError(response, { ...facts, issues, data }, call, init.base),
      cause: init.cause,
      retryAt: retryAfterMs === undefined ? undefined : wallNow + retryAfterMs,
    });
    this.status = status;
    this.error = facts;
    this.issues = issues;
    this.#data = 'data' in init ? init.data : data;
    this.#answer = { response, body };
    assign(this, {
      requestId: requestIdOf({ ...facts, issues, data }, headers),
      retryAfterMs,
      quota: known(parseQuota(headers, wallNow)),
      requiredScope: requiredScopeOf(status, headers),
    });
    const { links } = init;
    for (const name of ['docsUrl', 'dashboardUrl', 'supportUrl'] as const) {
      assign(this, { [name]: follow(links?.[name], this) });
    }
  }

  /** What the status means, what usually causes it, and what can be done. */
  get guide(): Guide {
    const { title, causes, remedies } = guideAfter(this.status, this.decision);
    const further = [
      this.requiredScope === undefined ? '' : `Ask for the scope ${this.requiredScope}`,
      this.docsUrl === undefined ? '' : `Read ${this.docsUrl}`,
      this.dashboardUrl === undefined ? '' : `Look into the dashboard: ${this.dashboardUrl}`,
      this.supportUrl === undefined ? '' : `Ask support: ${this.supportUrl}`,
    ];
    return { title, causes, remedies: [...remedies, ...further.filter((line) => line !== '')] };
  }

  /**
   * The body, as ky has it: what `parseJson` makes of it where the content type is JSON, else its text. `undefined` for
   * an empty body and for JSON that cannot be parsed. As it came, at most 64 KiB of it.
   */
  get data(): unknown {
    return this.#data;
  }

  /** The answer, with its body still to be read; at most 64 KiB of it. */
  get response(): Response {
    this.#response ??= rebuildResponse(this.#answer.response, this.#answer.body);
    return this.#response;
  }

  override toJSON(): Record<string, unknown> {
    const { status, error, requestId, issues, retryAfterMs, quota, requiredScope } = this;
    const { docsUrl, dashboardUrl, supportUrl } = this;
    const links = { docsUrl, dashboardUrl, supportUrl };
    return { ...super.toJSON(), status, error, requestId, issues, retryAfterMs, quota, requiredScope, ...links };
  }
}

/**
 * 400: the API could not make sense of the request; or `requestSchema` refused its body before it was sent. Then
 * `attempts` is empty, `applied` is `no`, and `response` is what the client itself made of the issues.
 */
export class BadRequestError extends ApiError {
  static {
    define(BadRequestError, 'BadRequestError');
  }

  declare readonly status: 400;
}

/** 401: the API does not know who is asking. */
export class AuthenticationError extends ApiError {
  static {
    define(AuthenticationError, 'AuthenticationError');
  }

  declare readonly status: 401;
}

/** 403: the API knows who is asking, and says no. */
export class PermissionDeniedError extends ApiError {
  static {
    define(PermissionDeniedError, 'PermissionDeniedError');
  }

  declare readonly status: 403;
}

/** 404: there is nothing at this address. */
export class NotFoundError extends ApiError {
  static {
    define(NotFoundError, 'NotFoundError');
  }

  declare readonly status: 404;
}

/** 422: well-formed, but against a rule; see `issues`. */
export class UnprocessableEntityError extends ApiError {
  static {
    define(UnprocessableEntityError, 'UnprocessableEntityError');
  }

  declare readonly status: 422;
}

/** 429: too many requests; see `retryAt` and `quota`. */
export class RateLimitError extends ApiError {
  static {
    define(RateLimitError, 'RateLimitError');
  }

  declare readonly status: 429;
}

/** 500, and every 5xx without a meaning of its own, such as 520 or 529: something broke on the server. */
export class InternalServerError extends ApiError {
  static {
    define(InternalServerError, 'InternalServerError');
  }
}

/** 503: the service is not available just now; see `retryAt`. */
export class ServiceUnavailableError extends ApiError {
  static {
    define(ServiceUnavailableError, 'ServiceUnavailableError');
  }

  declare readonly status: 503;
}

const classes: ReadonlyMap<number, typeof ApiError> = new Map<number, typeof ApiError>([
  [400, BadRequestError],
  [401, AuthenticationError],
  [403, PermissionDeniedError],
  [404, NotFoundError],
  [422, UnprocessableEntityError],
  [429, RateLimitError],
  [500, InternalServerError],
  [503, ServiceUnavailableError],
]);

/** Makes the typed error for an answer whose error status is final: the status's own class, or else `ApiError`. */
export function createApiError(init: ApiErrorInit): ApiError {
  const { status } = init.response;
  const type = classes.get(status) ?? (isUnknownServerError(status) ? InternalServerError : ApiError);
  return new type(init);
}

/** A 5xx that no standard names. */
function isUnknownServerError(status: number): boolean {
  return status >= 500 && status <= 599 && statusName(status) === undefined && !isFinalServerStatus(status);
}

function assign(error: ApiError, facts: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) Object.assign(error, { [key]: value });
  }
}

function known(quota: Quota | undefined): Quota | undefined {
  return quota && Object.keys(quota).length > 0 ? quota : undefined;
}

function follow(link: ErrorLink | undefined, error: ApiError): string | undefined {
  try {
    const url: unknown = typeof link === 'function' ? defused(link(error)) : link;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
