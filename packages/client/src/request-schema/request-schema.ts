import type { ApiError, CallContext } from '@holdfast/core';
import {
  aboutRequest,
  bodyOfText,
  createApiError,
  type ErrorLinks,
  given,
  guidesAtHand,
  type Issue,
  OptionError,
  optionsObject,
  type RequestCondition,
  redactText,
  requestMatcher,
} from '@holdfast/core/internal';
import type { StandardSchemaV1 } from '@holdfast/ky';

/** Any schema of zod, valibot, arktype or another Standard Schema library. @see https://standardschema.dev */
export type RequestSchema = StandardSchemaV1;

/** The schema for the bodies of one route. */
export interface RequestSchemaRoute {
  /** The requests of this route, as in `rules`; the first route that matches counts. */
  readonly when: RequestCondition;
  readonly schema: RequestSchema;
}

/**
 * A request that the server will refuse is better refused here: that costs no round trip, no quota and no place in the
 * queue, and the error names each field. The check is outside the pipeline, since no retry and no fallback can repair a
 * mistake in the program.
 */
export interface RequestCheck {
  schemaFor(request: Request): RequestSchema | undefined;
  /** One schema for every body: then a body that can't be checked is a mistake. */
  readonly always: boolean;
}

/**
 * @param path How messages name the option.
 * @throws TypeError for a value that is not a schema, naming path, value and remedy.
 */
export function requestCheck(
  option: RequestSchema | readonly RequestSchemaRoute[] | false,
  path: string,
): RequestCheck | undefined {
  if (option === false) return undefined;
  if (!Array.isArray(option)) {
    const schema = schemaOf(option, path, 'must be a schema (zod, valibot, …), a list of {when, schema}, or false');
    return { schemaFor: () => schema, always: true };
  }
  // Unlike `map()`, this does not skip holes.
  const routes = Array.from(option, (route: RequestSchemaRoute, index) => {
    const at = `${path}[${index}]`;
    optionsObject(route, at, ['when', 'schema']);
    optionsObject(route.when, `${at}.when`, ['method', 'path']);
    const schema = schemaOf(route.schema, `${at}.schema`, 'must be a schema (zod, valibot, …)');
    return { matches: requestMatcher(route.when, `${at}.when`), schema };
  });
  return { schemaFor: (request) => routes.find(({ matches }) => matches(request))?.schema, always: false };
}

function schemaOf(given: unknown, path: string, remedy: string): RequestSchema {
  // ArkType's schemas are functions.
  const standard = Object(given) === given ? (given as Partial<RequestSchema>)['~standard'] : undefined;
  if (typeof standard?.validate === 'function') return given as RequestSchema;
  throw new OptionError(path, given, remedy);
}

/** The body that is sent, and the value of ky's `json` that it was made from. */
export interface CheckedRequest {
  readonly request: Request;
  readonly context: CallContext;
  readonly json?: unknown;
  readonly links: ErrorLinks;
}

/**
 * Checks a body, if there is a schema for it.
 *
 * @returns the schema's output, if there was a body to check.
 * @throws BadRequestError with an issue for each thing that is wrong.
 */
export async function checkRequest(
  { schemaFor, always }: RequestCheck,
  checked: CheckedRequest,
): Promise<{ readonly value: unknown } | undefined> {
  const { request, context } = checked;
  const { body, call } = context;
  const schema = schemaFor(request);
  if (!schema) return undefined;
  let value = checked.json;
  if (value === undefined && body.kind === 'none') {
    if (!withBody.has(request.method)) return undefined;
  } else if (value === undefined) {
    const isJson = /^[^;]*[/+]json\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
    if (body.kind !== 'value' || typeof body.value !== 'string' || !isJson) {
      if (!always) return undefined;
      const what = 'requestSchema checks the json option, or a body that is JSON text with such a content-type';
      throw new TypeError(aboutRequest(call, (subject) => `${subject}: ${what}; this body is neither`));
    }
    try {
      value = JSON.parse(body.value);
    } catch (error) {
      const message = `The body is not well-formed JSON: ${(error as Error).message}`;
      throw await refusal([{ path: '', message, code: 'malformed_json' }], checked);
    }
  }
  const result = await schema['~standard'].validate(value);
  if (result.issues) throw await refusal(result.issues.map(issueOf), checked);
  return { value: result.value };
}

/** If a request of one of these methods has no body, the schema decides whether that is a mistake. */
const withBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY']);

/** Standard Schema knows no codes; zod calls them `code`, valibot `type`. */
function issueOf(
  issue: NonNullable<Awaited<ReturnType<RequestSchema['~standard']['validate']>>['issues']>[number],
): Issue {
  const { code, type } = issue as { readonly code?: unknown; readonly type?: unknown };
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return given({ path, message: issue.message, code: [code, type].find((word) => typeof word === 'string') });
}

/** Like the server's own error; but no request was sent, and `attempts` is empty. */
async function refusal(issues: readonly Issue[], { context, links }: CheckedRequest): Promise<ApiError> {
  await guidesAtHand(context);
  const { call, emit } = context;
  const [first] = issues;
  const said = first && (first.path === '' ? first.message : `${first.path}: ${first.message}`);
  const more = issues.length > 1 ? `, and ${issues.length - 1} more` : '';
  const what = redactText(String(said).slice(0, 300)) + more;
  const error = given({
    code: 'invalid_request',
    type: 'validation_error',
    message: `not sent, since the body does not fit its requestSchema: ${what}`,
    param: first?.path || undefined,
    issues,
  });
  const text = JSON.stringify({ error });
  const response = Response.json({ error }, { status: 400 });
  call.decision = Object.freeze({
    action: 'fail',
    because: 'policy',
    reason: `not sent → fail: the body does not fit its schema: ${what}`,
    rule: 'requestSchema',
    applied: 'no',
  });
  emit['call.rejected']?.({ call }, { errorCode: 'API_ERROR' });
  return createApiError({ call, response, body: bodyOfText(text), links });
}
