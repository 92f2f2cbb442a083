import { describe, expect, test } from 'vitest';
import { type HeaderLines, read } from './read.ts';

/**
 * Answers of further APIs, in the forms that their documentation shows (2026-11), read with the general rules alone. A
 * row lists every fact of the answer; all other facts must be absent.
 */

interface Says {
  readonly kind: string;
  readonly code?: string;
  readonly message?: string;
  readonly type?: string;
  readonly param?: string;
  readonly requestId?: string;
  readonly helpUrl?: string;
  readonly waitMs?: number;
  readonly issues?: readonly object[];
}

type Row = readonly [api: string, status: number, headers: HeaderLines, body: unknown, says: Says];

const rows: readonly Row[] = [
  ['Trello', 401, { 'content-type': 'text/plain' }, 'invalid key', { kind: 'unauthenticated', message: 'invalid key' }],
  [
    'Square',
    400,
    {},
    {
      errors: [
        {
          category: 'INVALID_REQUEST_ERROR',
          code: 'MISSING_REQUIRED_PARAMETER',
          detail: 'Missing required parameter.',
          field: 'location_id',
        },
      ],
    },
    {
      kind: 'invalid',
      code: 'MISSING_REQUIRED_PARAMETER',
      type: 'INVALID_REQUEST_ERROR',
      message: 'Missing required parameter.',
      param: 'location_id',
      issues: [{ path: 'location_id', message: 'Missing required parameter.', code: 'MISSING_REQUIRED_PARAMETER' }],
    },
  ],
  [
    'Plaid',
    400,
    {},
    {
      error_type: 'INVALID_INPUT',
      error_code: 'INVALID_ACCESS_TOKEN',
      error_message: 'could not find matching access token',
      display_message: null,
      request_id: 'HNTDNrA8F1shFEW',
    },
    {
      kind: 'invalid',
      code: 'INVALID_ACCESS_TOKEN',
      type: 'INVALID_INPUT',
      message: 'could not find matching access token',
      requestId: 'HNTDNrA8F1shFEW',
    },
  ],
  [
    'Zoom',
    429,
    { 'x-ratelimit-type': 'QPS', 'retry-after': '2026-11-29T12:00:05Z' },
    { code: 429, message: 'You have reached the maximum per-second rate limit for this API. Try again later.' },
    {
      kind: 'rateLimited',
      message: 'You have reached the maximum per-second rate limit for this API. Try again later.',
      waitMs: 5000,
    },
  ],
  [
    'Elasticsearch',
    404,
    {},
    {
      error: {
        root_cause: [{ type: 'index_not_found_exception', reason: 'no such index [a]' }],
        type: 'index_not_found_exception',
        reason: 'no such index [a]',
        index: 'a',
      },
      status: 404,
    },
    { kind: 'notFound', type: 'index_not_found_exception', message: 'no such index [a]' },
  ],
  [
    'CouchDB',
    409,
    {},
    { error: 'conflict', reason: 'Document update conflict.' },
    { kind: 'conflict', code: 'conflict', message: 'Document update conflict.' },
  ],
  ['Vault', 403, {}, { errors: ['permission denied'] }, { kind: 'forbidden', message: 'permission denied' }],
  [
    'PostgREST',
    406,
    {},
    {
      code: 'PGRST116',
      details: 'The result contains 0 rows',
      hint: null,
      message: 'Cannot coerce the result to a single JSON object',
    },
    { kind: 'invalid', code: 'PGRST116', message: 'Cannot coerce the result to a single JSON object' },
  ],
  [
    'Postmark',
    422,
    {},
    { ErrorCode: 406, Message: 'You tried to send to a recipient that has been marked as inactive.' },
    { kind: 'invalid', code: '406', message: 'You tried to send to a recipient that has been marked as inactive.' },
  ],
  [
    'Mailgun',
    400,
    {},
    { message: "'from' parameter is not a valid address. please check documentation" },
    { kind: 'invalid', message: "'from' parameter is not a valid address. please check documentation" },
  ],
  [
    'Vonage',
    422,
    {},
    {
      type: 'https://developer.vonage.com/api-errors#invalid-params',
      title: 'Invalid params',
      detail: 'The value of one or more parameters is invalid.',
      instance: 'bf0ca0bf',
      invalid_parameters: [{ name: 'to', reason: 'is no number' }],
    },
    {
      kind: 'invalid',
      type: 'https://developer.vonage.com/api-errors#invalid-params',
      message: 'The value of one or more parameters is invalid.',
      issues: [{ path: 'to', message: 'is no number' }],
    },
  ],
  [
    'MessageBird',
    422,
    {},
    { errors: [{ code: 9, description: 'no (correct) recipients found', parameter: 'recipients' }] },
    {
      kind: 'invalid',
      code: '9',
      message: 'no (correct) recipients found',
      param: 'recipients',
      issues: [{ path: 'recipients', message: 'no (correct) recipients found', code: '9' }],
    },
  ],
  [
    'TikTok',
    429,
    {},
    {
      data: {},
      error: { code: 'rate_limit_exceeded', message: 'The API rate limit was exceeded.', log_id: '2026112912' },
    },
    {
      kind: 'rateLimited',
      code: 'rate_limit_exceeded',
      message: 'The API rate limit was exceeded.',
      requestId: '2026112912',
    },
  ],
  [
    'Coinbase',
    404,
    {},
    { errors: [{ id: 'not_found', message: 'The account was not found' }] },
    { kind: 'notFound', code: 'not_found', message: 'The account was not found' },
  ],
  [
    'Alpaca',
    403,
    {},
    { code: 40310000, message: 'insufficient buying power' },
    { kind: 'forbidden', code: '40310000', message: 'insufficient buying power' },
  ],
  [
    'Spotify',
    429,
    { 'retry-after': '3' },
    { error: { status: 429, message: 'API rate limit exceeded' } },
    { kind: 'rateLimited', message: 'API rate limit exceeded', waitMs: 3000 },
  ],
  [
    'Asana',
    400,
    {},
    {
      errors: [
        {
          message: 'project: Missing input',
          help: 'For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors',
          phrase: '6 sad squid snuggle softly',
        },
      ],
    },
    { kind: 'invalid', message: 'project: Missing input' },
  ],
  [
    'Todoist',
    429,
    {},
    {
      error: 'Too many requests',
      error_code: 35,
      error_extra: { retry_after: 6, access_type: 'web_session' },
      error_tag: 'LIMITS_REACHED',
      http_code: 429,
    },
    { kind: 'rateLimited', code: '35', message: 'Too many requests', waitMs: 6000 },
  ],
  [
    'Freshdesk',
    400,
    {},
    {
      description: 'Validation failed',
      errors: [{ field: 'name', message: 'It should be a/an String', code: 'datatype_mismatch' }],
    },
    {
      kind: 'invalid',
      message: 'Validation failed',
      code: 'datatype_mismatch',
      param: 'name',
      issues: [{ path: 'name', message: 'It should be a/an String', code: 'datatype_mismatch' }],
    },
  ],
  [
    'Amadeus',
    400,
    {},
    {
      errors: [
        {
          status: 400,
          code: 477,
          title: 'INVALID FORMAT',
          detail: 'invalid query parameter format',
          source: { parameter: 'airline', example: 'BA' },
        },
      ],
    },
    {
      kind: 'invalid',
      code: '477',
      message: 'invalid query parameter format',
      issues: [{ path: 'airline', message: 'invalid query parameter format', code: '477' }],
    },
  ],
  [
    'Django REST framework',
    429,
    { 'retry-after': '30' },
    { detail: 'Request was throttled. Expected available in 30 seconds.' },
    { kind: 'rateLimited', message: 'Request was throttled. Expected available in 30 seconds.', waitMs: 30_000 },
  ],
  [
    'Django REST framework, fields',
    400,
    {},
    { title: ['This field is required.'], tags: ['Not a list.', 'Too long.'] },
    {
      kind: 'invalid',
      issues: [
        { path: 'title', message: 'This field is required.' },
        { path: 'tags', message: 'Not a list.' },
        { path: 'tags', message: 'Too long.' },
      ],
    },
  ],
  [
    'ASP.NET',
    400,
    { 'content-type': 'application/problem+json' },
    {
      type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
      title: 'One or more validation errors occurred.',
      status: 400,
      traceId: '00-80e9-01',
      errors: { Name: ['The Name field is required.'] },
    },
    {
      kind: 'invalid',
      type: 'https://tools.ietf.org/html/rfc9110#section-15.5.1',
      message: 'One or more validation errors occurred.',
      requestId: '00-80e9-01',
      issues: [{ path: 'Name', message: 'The Name field is required.' }],
    },
  ],
  [
    'Spring Boot',
    500,
    {},
    { timestamp: '2026-11-29T12:00:00.000+00:00', status: 500, error: 'Internal Server Error', path: '/orders' },
    { kind: 'failed', message: 'Internal Server Error' },
  ],
  [
    'Express',
    404,
    { 'content-type': 'text/html; charset=utf-8' },
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot GET /orders</pre>\n</body>\n</html>\n',
    { kind: 'notFound', message: 'Cannot GET /orders' },
  ],
  [
    'Fastify',
    400,
    {},
    {
      statusCode: 400,
      code: 'FST_ERR_VALIDATION',
      error: 'Bad Request',
      message: 'body must have required property "name"',
    },
    { kind: 'invalid', code: 'FST_ERR_VALIDATION', message: 'body must have required property "name"' },
  ],
  [
    'Meilisearch',
    404,
    {},
    {
      message: 'Index `movies` not found.',
      code: 'index_not_found',
      type: 'invalid_request',
      link: 'https://docs.meilisearch.com/errors#index_not_found',
    },
    {
      kind: 'notFound',
      code: 'index_not_found',
      type: 'invalid_request',
      message: 'Index `movies` not found.',
      helpUrl: 'https://docs.meilisearch.com/errors#index_not_found',
    },
  ],
  [
    'Qdrant',
    404,
    {},
    { status: { error: "Not found: Collection `a` doesn't exist!" }, time: 0.00002 },
    { kind: 'notFound', message: "Not found: Collection `a` doesn't exist!" },
  ],
  [
    'Pinecone',
    400,
    {},
    { error: { code: 'INVALID_ARGUMENT', message: 'Dimension must be positive' }, status: 400 },
    { kind: 'invalid', code: 'INVALID_ARGUMENT', message: 'Dimension must be positive' },
  ],
  [
    'Together',
    429,
    { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    {
      id: 'oXYZ',
      error: { message: 'You have been rate limited.', type: 'invalid_request_error', param: null, code: null },
    },
    { kind: 'rateLimited', type: 'invalid_request_error', message: 'You have been rate limited.', waitMs: 1000 },
  ],
  [
    'Heroku',
    429,
    {},
    {
      id: 'rate_limit',
      message: 'Your account reached the API limit. Please wait a few minutes before making new requests',
      url: 'https://devcenter.heroku.com/articles/platform-api-reference#rate-limits',
    },
    {
      kind: 'rateLimited',
      code: 'rate_limit',
      message: 'Your account reached the API limit. Please wait a few minutes before making new requests',
      helpUrl: 'https://devcenter.heroku.com/articles/platform-api-reference#rate-limits',
    },
  ],
  [
    'Linode',
    400,
    {},
    { errors: [{ field: 'label', reason: 'Label must be unique' }] },
    {
      kind: 'invalid',
      message: 'Label must be unique',
      param: 'label',
      issues: [{ path: 'label', message: 'Label must be unique' }],
    },
  ],
  [
    'Hetzner',
    422,
    {},
    {
      error: {
        code: 'invalid_input',
        message: "invalid input in field 'name'",
        details: { fields: [{ name: 'name', messages: ['is too long'] }] },
      },
    },
    {
      kind: 'invalid',
      code: 'invalid_input',
      message: "invalid input in field 'name'",
      issues: [{ path: 'name', message: 'is too long' }],
    },
  ],
  [
    'OVH',
    403,
    {},
    { class: 'Client::Forbidden', message: 'This call has not been granted' },
    { kind: 'forbidden', message: 'This call has not been granted' },
  ],
  [
    'Scaleway',
    400,
    {},
    {
      type: 'invalid_arguments',
      message: 'invalid argument(s)',
      details: [{ argument_name: 'name', reason: 'constraint', help_message: 'must be unique' }],
    },
    {
      kind: 'invalid',
      type: 'invalid_arguments',
      message: 'invalid argument(s)',
      issues: [{ path: 'name', message: 'must be unique', code: 'constraint' }],
    },
  ],
  [
    'Vultr',
    401,
    {},
    { error: 'Invalid API token.', status: 401 },
    { kind: 'unauthenticated', message: 'Invalid API token.' },
  ],
  [
    'crates.io',
    404,
    {},
    { errors: [{ detail: 'crate `a` does not exist' }] },
    { kind: 'notFound', message: 'crate `a` does not exist' },
  ],
  [
    'Lichess',
    429,
    {},
    { error: 'Too many requests. Try again later.' },
    { kind: 'rateLimited', message: 'Too many requests. Try again later.' },
  ],
  [
    'Mailchimp',
    400,
    { 'content-type': 'application/problem+json' },
    {
      type: 'https://mailchimp.com/developer/marketing/docs/errors/',
      title: 'Invalid Resource',
      status: 400,
      detail: 'The resource submitted could not be validated.',
      instance: '995c5cb0',
      errors: [{ field: 'email_address', message: 'This value should not be blank.' }],
    },
    {
      kind: 'invalid',
      type: 'https://mailchimp.com/developer/marketing/docs/errors/',
      message: 'The resource submitted could not be validated.',
      param: 'email_address',
      issues: [{ path: 'email_address', message: 'This value should not be blank.' }],
    },
  ],
  [
    'Traefik',
    503,
    { 'content-type': 'text/plain; charset=utf-8' },
    'no available server\n',
    { kind: 'overloaded', message: 'no available server' },
  ],
  [
    'AWS API Gateway',
    403,
    { 'x-amzn-errortype': 'MissingAuthenticationTokenException', 'x-amzn-requestid': 'r-1' },
    { message: 'Missing Authentication Token' },
    {
      kind: 'forbidden',
      code: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
      requestId: 'r-1',
    },
  ],
  [
    'Google Cloud Storage, XML',
    412,
    { 'content-type': 'application/xml' },
    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold.</Message><Details>x-goog-if-generation-match</Details></Error>",
    {
      kind: 'conflict',
      code: 'PreconditionFailed',
      message: 'At least one of the pre-conditions you specified did not hold.',
    },
  ],
];

describe('the general rules read', () => {
  test.each(rows)('%s', (_api, status, headers, body, says) => {
    const { kind, code, message, type, param, requestId, helpUrl, waitMs, issues } = read(status, headers, body);
    const found = { kind, code, message, type, param, requestId, helpUrl, waitMs };
    expect({ ...found, issues }).toEqual({ ...none, issues: [], ...says });
  });
});

const none = {
  ...{ code: undefined, message: undefined, type: undefined, param: undefined },
  ...{ requestId: undefined, helpUrl: undefined, waitMs: undefined },
};
