import { reader } from '#answer-reader';
import type { ApiQuota, Issue, Kind, Quota } from '../api-answer/api-answer.ts';
import type { Dialect } from '../api-answer/dialect.ts';
import type { ErrorBody } from '../bodies/read-error-body.ts';
import type { Call } from '../kernel/call.ts';
import { defused } from '../options/defused.ts';
import { type ApiErrorFacts, type ErrorFacts, readFacts, rebuildResponse } from './api-error-facts.ts';
import { describeApiError } from './describe-api-error.ts';
import { guideAfter } from './guides/guide.ts';
import type { Guide } from './guides/status-guide.ts';
import type { JoinedFrom } from './joined-from.ts';
import { define, picked, ResilienceError } from './resilience-error.ts';

/** A link that errors carry: the same for all, or made from the error. */
export type ErrorLink = string | ((error: ApiError) => string);

/** Where a person finds help; a function that throws or returns no string is left out. */
export interface ErrorLinks {
  readonly docsUrl?: ErrorLink | undefined;
  readonly dashboardUrl?: ErrorLink | undefined;
  readonly supportUrl?: ErrorLink | undefined;
  /** The client's option that puts the API's incidents on errors, if it has one: guides name it. */
  readonly incidentOption?: string | undefined;
}

/** The options of a call that a `catch` written for ky looks for. */
export interface CalledWith {
  readonly method: string;
  /** ky's option `context`. It may hold anything, so nothing prints it. */
  readonly context: Record<string, unknown>;
}

/** What an {@link ApiError} is made from. */
export interface ApiErrorInit {
  readonly call: Call;
  readonly response: Response;
  /** What `readErrorBody` gave. */
  readonly body: ErrorBody;
  readonly cause?: unknown;
  /** ky's options of the call. */
  readonly options?: CalledWith | undefined;
  readonly links?: ErrorLinks | undefined;
  /** For a 404's message: how the URL was put together. */
  readonly base?: JoinedFrom | undefined;
  /** What was read of the answer, if it was. */
  readonly facts?: ErrorFacts;
  /** How the API reports errors, where the answer was not read before. */
  readonly dialects?: readonly Dialect[] | undefined;
  /** The error's `data`, if the caller's own `parseJson` has read it; `undefined` counts. */
  readonly data?: unknown;
}

/** What guides say of these members, in this order. */
const help = {
  requiredScope: 'Ask for the scope',
  helpUrl: 'Read',
  docsUrl: 'Read',
  dashboardUrl: 'Look into the dashboard:',
  supportUrl: 'Ask support:',
} as const;
const helpMembers = Object.keys(help) as (keyof typeof help)[];
const jsonMembers = [
  ...(['status', 'kind', 'error', 'requestId', 'issues', 'retryAfterMs', 'quota', 'quotas'] as const),
  ...helpMembers,
];

/** The API answered with an error status, and that is final. */
export class ApiError extends ResilienceError {
  static {
    define(ApiError, 'ApiError');
  }

  declare readonly code: 'API_ERROR';
  readonly status: number;
  /** What happened, whatever the status is: a 403 or a 400 can be a rate limit, and a 429 a spent quota. */
  readonly kind: Kind;
  /** The API's own code, message, type, param and request id, as far as it gave them. */
  readonly error: ApiErrorFacts;
  /** The id under which support finds the request: from the body, or else from the headers. */
  declare readonly requestId?: string;
  /** Each thing that is wrong with what was sent, where the API lists them. */
  readonly issues: readonly Issue[];
  /** The wait that the server asked for, in milliseconds. */
  declare readonly retryAfterMs?: number;
  /** The quota that runs out first. */
  declare readonly quota?: Quota;
  /** Every quota in the answer. */
  readonly quotas: readonly ApiQuota[];
  /** A page of the API's documentation about this error. */
  declare readonly helpUrl?: string;
  /** The scope that the API requires. */
  declare readonly requiredScope?: string;
  declare readonly docsUrl?: string;
  declare readonly dashboardUrl?: string;
  declare readonly supportUrl?: string;
  readonly #data: unknown;
  readonly #answer: { readonly response: Response; readonly body: ErrorBody };
  readonly #options: CalledWith;
  #response: Response | undefined;
  readonly #incidentOption: string | undefined;

  constructor(init: ApiErrorInit) {
    const { call, response, body } = init;
    const wallNow = call.clock.wallNow();
    const facts = init.facts ?? readFacts(response, body, wallNow, init.dialects);
    const { waitMs } = facts;
    super({
      code: 'API_ERROR',
      call,
      message: describeApiError(response, facts, call, init.base),
      cause: init.cause,
      retryAt: waitMs === undefined ? undefined : wallNow + waitMs,
    });
    this.status = response.status;
    this.kind = facts.kind;
    this.error = facts.said;
    this.issues = facts.issues;
    this.quotas = facts.quotas;
    this.#data = 'data' in init ? init.data : facts.data;
    this.#options = init.options ?? { method: call.method, context: {} };
    this.#answer = { response, body };
    assign(this, {
      requestId: facts.requestId,
      retryAfterMs: waitMs,
      quota: reader.loaded?.scarcestQuota(facts.quotas),
      helpUrl: facts.helpUrl,
      requiredScope: facts.scope,
    });
    const { links } = init;
    this.#incidentOption = links?.incidentOption;
    for (const name of ['docsUrl', 'dashboardUrl', 'supportUrl'] as const) {
      assign(this, { [name]: follow(links?.[name], this) });
    }
  }

  /** What the status means, what usually causes it, and what can be done. */
  get guide(): Guide {
    const guide = guideAfter(this.status, this.decision, this.#incidentOption);
    const further = helpMembers.flatMap((name) => (this[name] === undefined ? [] : `${help[name]} ${this[name]}`));
    return { ...guide, remedies: [...guide.remedies, ...further] };
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

  /** `method` and `context` of the call, as ky's `HTTPError` has them. */
  get options(): CalledWith {
    return this.#options;
  }

  override get fingerprint(): string {
    return super.fingerprint.replace(' API_ERROR ', ` API_ERROR:${this.status} `);
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), ...picked(this, jsonMembers) };
  }
}

function assign(error: ApiError, facts: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) Object.assign(error, { [key]: value });
  }
}

function follow(link: ErrorLink | undefined, error: ApiError): string | undefined {
  try {
    const url: unknown = typeof link === 'function' ? defused(link(error)) : link;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
