import { describe, expect, test } from 'vitest';
import { type HeaderLines, read } from './read.ts';

/** Where bodies and headers have codes, messages, issues, ids, links and scopes; read with the general rules alone. */

const message = 'No such thing';

test.each<[where: string, body: object, code: string]>([
  ...[
    'code',
    'errorCode',
    'error_code',
    'errorcode',
    'ErrorCode',
    'error_name',
    'errorType',
    'name',
    'id',
    'category',
    'reason',
    'error',
  ].map((name): [string, object, string] => [name, { [name]: 'not_here', message }, 'not_here']),
  ['ErrorNumber', { ErrorNumber: 14, Message: message }, '14'],
  ['status, as a word', { error: { code: 404, status: 'NOT_FOUND', message } }, 'NOT_FOUND'],
  ['__type', { __type: 'com.example#NotHereException', message }, 'NotHereException'],
  ['sys.id', { sys: { type: 'Error', id: 'NotFound' }, message }, 'NotFound'],
  ['extensions.code', { errors: [{ message, extensions: { code: 'NOT_HERE' } }] }, 'NOT_HERE'],
  ['data.code', { message, data: { code: 'NOT_HERE' } }, 'NOT_HERE'],
  ['details.error_code', { message, details: { error_code: 'NOT_HERE' } }, 'NOT_HERE'],
  ['errors[0].code', { errors: [{ code: 'NOT_HERE', message }] }, 'NOT_HERE'],
  ['error.errors[0].reason', { error: { code: 404, message, errors: [{ reason: 'notHere' }] } }, 'notHere'],
  [
    'ErrorInfo',
    {
      error: {
        code: 404,
        message,
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'NOT_HERE' }],
      },
    },
    'NOT_HERE',
  ],
])('a code stands in %s', (_where, body, code) => {
  expect(read(404, {}, body)).toMatchObject({ code, message });
});

test.each<[header: string, value: string, code: string]>([
  ['x-amzn-errortype', 'NotHereException:http://internal.example.com/', 'NotHereException'],
  ['x-ms-error-code', 'BlobNotFound', 'BlobNotFound'],
  ['x-sb-error-code', 'not_here', 'not_here'],
  ['x-error-code', 'not-here', 'not-here'],
  ['x-clickhouse-exception-code', '60', '60'],
  ['grpc-status', '5', '5'],
  ['ratelimit-reason', 'burst', 'burst'],
])('a code stands in the header %s', (header, value, code) => {
  expect(read(404, { [header]: value }).code).toBe(code);
});

test.each<[header: string, value: string]>([
  ['x-error-message', message],
  ['grpc-message', 'No%20such%20thing'],
])('a message stands in the header %s', (header, value) => {
  expect(read(404, { [header]: value }).message).toBe(message);
  expect(read(404, { [header]: value }, { message: 'It was deleted' }).message).toBe('It was deleted');
});

test.each<[about: string, body: unknown, headers?: HeaderLines]>([
  ['the status', { code: 404, message }],
  ['the status as a text', { code: '404', status: '404', message }],
  ['its phrase', { error: 'Not Found', message }],
  ['a word that only says that something failed', { status: 'error', error: true, message }],
  ['a text', { error: message }],
  ['a link', { code: 'https://example.com/errors/404', message }],
  ['a success', { error: { code: 0, message } }],
  ['grpc-status 0', { message }, { 'grpc-status': '0' }],
])('%s is no code', (_about, body, headers = {}) => {
  const { code } = read(404, headers, body);
  expect([undefined, '404']).toContain(code);
});

test.each<[where: string, body: unknown]>([
  ...[
    'message',
    'msg',
    'Message',
    'detail',
    'description',
    'error_description',
    'errorSummary',
    'errorMessage',
    'error_message',
    'error',
    'errors',
    'reason',
    'title',
  ].map((name): [string, unknown] => [name, { code: 'not_here', [name]: message }]),
  ['errorMessages[]', { errorMessages: [message], errors: {} }],
  [
    'message: {lang, value}',
    {
      'odata.error': { code: 'x', message: { lang: 'en', value: message } },
      error: { message: { lang: 'en', value: message } },
    },
  ],
  ['detail: {message}', { detail: { message } }],
  ['fault.faultstring', { fault: { faultstring: message } }],
  ['a text', message],
  ['a title of HTML', `<html><head><title>${message}</title></head><body><h1>404</h1></body></html>`],
  [
    'a heading of HTML, where the title repeats the status',
    `<html><head><title>404 Not Found</title></head><body><h1>${message}</h1></body></html>`,
  ],
  ['XML of S3', `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>${message}</Message></Error>`],
  [
    'SOAP',
    `<s:Envelope xmlns:s="x"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>${message}</faultstring></s:Fault></s:Body></s:Envelope>`,
  ],
  ['problem+xml', `<problem xmlns="urn:ietf:rfc:7807"><title>Gone away</title><detail>${message}</detail></problem>`],
])('a message stands in %s', (_where, body) => {
  expect(read(404, {}, body).message).toBe(message);
});

const bad = 'is too short';
test.each<[where: string, body: object, path?: string]>([
  ['errors[]', { message, errors: [{ path: 'name', message: bad }] }],
  ['errors: {field: [texts]}', { message, errors: { name: [bad] } }],
  ['details[]', { error: { message, details: [{ field: 'name', description: bad }] } }],
  ['detail[]', { detail: [{ loc: ['body', 'name'], msg: bad, type: 'short' }] }, 'body.name'],
  ['message: {field: [texts]}', { message: { name: [bad] } }],
  ['a map of fields at the root', { name: [bad] }],
  ['_errors', { errors: { name: { _errors: [bad] } }, message }],
  [
    'fieldViolations',
    {
      error: {
        message,
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.BadRequest',
            fieldViolations: [{ field: 'name', description: bad }],
          },
        ],
      },
    },
  ],
  ['invalid_fields', { message, invalid_fields: [{ field: 'name', message: bad }] }],
  ['errorCauses', { errorSummary: message, errorCauses: [{ errorSummary: bad }] }, ''],
  ['context_info.errors', { message, context_info: { errors: [{ name: 'name', message: bad, reason: 'short' }] } }],
  ['data.params', { message, data: { params: { name: { message: bad, code: 'short' } } } }],
  ['details.causes', { message, details: { causes: [{ field: 'name', message: bad, reason: 'FieldValueInvalid' }] } }],
  ['details.fields', { message, details: { fields: [{ field: 'name', message: bad }] } }],
  ['details.errors', { message, details: { errors: [{ field: 'name', message: bad }] } }],
  ['Elements[].ValidationErrors', { Message: message, Elements: [{ ValidationErrors: [{ Message: bad }] }] }, ''],
])('issues stand in %s', (_where, body, path = 'name') => {
  expect(read(422, {}, body).issues).toMatchObject([{ path, message: bad }]);
});

test.each([
  [{ en: 'Not here', 'de-AT': 'Nicht da' }, []],
  [{ lang: 'en', value: 'Not here' }, []],
  [{ lang: 'es-419', value: 'No está' }, []],
  [{ de: 'Nicht da', 'en-US': 'Not here', zh_Hans_CN: '不在' }, []],
  [{ id_no: 'is required', ip_address: 'is required' }, ['id_no', 'ip_address']],
  [{ en: 'is required', name: 'is required' }, ['en', 'name']],
  [{ lang: 'is required', value: 'is required' }, ['lang', 'value']],
])('errors in several languages are one message: %j', (errors, paths) => {
  expect(read(422, {}, { message, errors }).issues.map(({ path }) => path)).toEqual(paths);
});

test('message[] is a list of issues', () => {
  expect(
    read(400, {}, { statusCode: 400, message: ['name is too short', 'age must be a number'], error: 'Bad Request' })
      .issues,
  ).toEqual([
    { path: '', message: 'name is too short' },
    { path: '', message: 'age must be a number' },
  ]);
});

test.each<[name: string, issue: object]>([
  ['path', { path: 'a.b' }],
  ['path, a list', { path: ['a', 'b'] }],
  ['path, a JSON pointer', { path: '/a/b' }],
  ['field', { field: 'a.b' }],
  ['param', { param: 'a.b' }],
  ['loc', { loc: ['a', 'b'] }],
  ['pointer', { pointer: '#/a/b' }],
  ['source.pointer', { source: { pointer: '/a/b' } }],
  ['source.parameter', { source: { parameter: 'a.b' } }],
  ['target', { target: 'a.b' }],
  ['context.propertyName', { context: { propertyName: 'a.b' } }],
  ['name', { name: 'a.b' }],
  ['fields[0]', { fields: ['a.b'] }],
])('the path of an issue stands in %s', (_name, where) => {
  expect(
    read(
      422,
      {},
      {
        message,
        errors: [
          { ...where, message: bad },
          { ...where, message: 'x' },
        ],
      },
    ).issues,
  ).toMatchObject([
    { path: 'a.b', message: bad },
    { path: 'a.b', message: 'x' },
  ]);
});

test.each([
  ...[
    'x-request-id',
    'request-id',
    'x-amzn-requestid',
    'cf-ray',
    'x-amz-request-id',
    'x-ms-request-id',
    'x-ms-correlation-request-id',
  ],
  ...[
    'apim-request-id',
    'x-github-request-id',
    'twilio-request-id',
    'x-okta-request-id',
    'x-zendesk-request-id',
    'x-dropbox-request-id',
  ],
  ...[
    'x-notion-request-id',
    'sb-request-id',
    'x-contentful-request-id',
    'x-rapidapi-request-id',
    'x-auth0-requestid',
    'x-arequestid',
  ],
  ...[
    'x-slack-req-id',
    'x-hubspot-correlation-id',
    'mistral-correlation-id',
    'xero-correlation-id',
    'x-debug-trace-id',
    'x-fb-trace-id',
  ],
  ...[
    'atl-traceid',
    'paypal-debug-id',
    'x-ms-activity-id',
    'x-transaction-id',
    'x-clickhouse-query-id',
    'x-amz-id-2',
    'x-amz-cf-id',
  ],
  ...['x-vercel-id', 'audit-id', 'akamai-grn', 'pspreference', 'traceparent'],
])('a request id stands in the header %s', (header) => {
  expect(read(500, { [header]: 'id-1' }).requestId).toBe('id-1');
});

test.each(['client-request-id', 'x-client-request-id', 'idempotency-key'])(
  'what the client sent is no request id: %s',
  (header) => {
    expect(read(500, { [header]: 'id-1' }).requestId).toBeUndefined();
  },
);

test.each<[where: string, body: object]>([
  ...[
    'request_id',
    'requestId',
    'correlationId',
    'debug_id',
    'errorId',
    'traceId',
    'fbtrace_id',
    'pspReference',
    'refId',
    'ray_id',
  ].map((name): [string, object] => [name, { message, [name]: 'id-1' }]),
  ['innererror.transactionid', { error: { message, innererror: { transactionid: 'id-1' } } }],
  ['innerError.request-id', { error: { message, innerError: { 'request-id': 'id-1' } } }],
  [
    'RequestInfo',
    { error: { message, details: [{ '@type': 'type.googleapis.com/google.rpc.RequestInfo', requestId: 'id-1' }] } },
  ],
])('a request id stands in %s', (_where, body) => {
  expect(read(500, {}, body).requestId).toBe('id-1');
});

const link = 'https://docs.example.com/errors/1';
test.each<[where: string, body: object]>([
  ...[
    'documentation_url',
    'doc_url',
    'help_url',
    'help',
    'more_info',
    'error_uri',
    'errorLink',
    'documentation',
    'url',
  ].map((name): [string, object] => [name, { message, [name]: link }]),
  ['data.see', { message, data: { see: link } }],
  ['links[].href', { message, links: [{ rel: 'help', href: link }] }],
  [
    'details[].links[].url',
    { error: { message, details: [{ '@type': 'type.googleapis.com/google.rpc.Help', links: [{ url: link }] }] } },
  ],
])('a link to the documentation stands in %s', (_where, body) => {
  expect(read(500, {}, body).helpUrl).toBe(link);
});

describe('a scope that was lacked stands in', () => {
  test.each<[where: string, status: number, headers: HeaderLines, scope: string | undefined]>([
    ['WWW-Authenticate', 403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="repo"' }, 'repo'],
    ['WWW-Authenticate without error', 401, { 'www-authenticate': 'Bearer realm="x",scope="repo"' }, 'repo'],
    ['x-accepted-oauth-scopes', 403, { 'x-accepted-oauth-scopes': 'repo', 'x-oauth-scopes': 'gist' }, 'repo'],
    [
      'neither, where it was granted',
      403,
      { 'x-accepted-oauth-scopes': 'repo', 'x-oauth-scopes': 'gist, repo' },
      undefined,
    ],
    [
      'x-accepted-github-permissions',
      403,
      { 'x-accepted-github-permissions': 'contents=write; issues=write' },
      'contents=write; issues=write',
    ],
  ])('%s', (_where, status, headers, scope) => {
    expect(read(status, headers).scope).toBe(scope);
  });
});

test.each<[about: string, body: unknown, says: object]>([
  ['an array at the root, Salesforce', [{ errorCode: 'NOT_FOUND_HERE', message }], { code: 'NOT_FOUND_HERE', message }],
  ['a batch, tRPC', [{ error: { json: { message, code: -32_004, data: { code: 'NOT_HERE' } } } }], { message }],
  [
    'problem details as application/json',
    { type: 'https://example.com/p', title: 'Gone away', status: 404, detail: message },
    { message, type: 'https://example.com/p' },
  ],
  [
    'XML of EC2',
    `<Response><Errors><Error><Code>Gone</Code><Message>${message}</Message></Error></Errors><RequestID>id-1</RequestID></Response>`,
    { code: 'Gone', message, requestId: 'id-1' },
  ],
  [
    'XML of IAM',
    `<ErrorResponse xmlns="x"><Error><Type>Sender</Type><Code>Gone</Code><Message>${message}</Message></Error><RequestId>id-1</RequestId></ErrorResponse>`,
    { code: 'Gone', message, requestId: 'id-1' },
  ],
])('a body in the form of %s is read', (_about, body, says) => {
  expect(read(404, {}, body)).toMatchObject(says);
});
