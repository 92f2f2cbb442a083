import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutHanging } from '../../../../test/without-hanging.ts';
import { isSecretName, redactHeaders, redactText, redactUrl } from './redact.ts';

describe('isSecretName', () => {
  test.each([
    ...['token', 'access_token', 'refresh_token', 'id_token', 'api_key', 'apikey', 'apiKey', 'key', 'secret'],
    ...['client_secret', 'password', 'passwd', 'pwd', 'auth', 'authorization', 'signature', 'sig', 'X-Amz-Signature'],
    ...['X-Amz-Credential', 'x-amz-security-token', 'code', 'session', 'sid', 'jwt', 'credential', 'my_api_key'],
    ...['user[password]', 'API_KEY', 'sessionToken', 'api%5Fkey', '%74oken', 'passwordConfirmation'],
  ])('recognises %s as a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each([
    ...['id', 'page', 'monkey', 'keyword', 'author', 'country_code', 'design', 'sidebar', 'compass', 'max_tokens'],
    ...['token_type', 'expires', 'state', '', '%', '%zz'],
  ])('leaves %s alone', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('redactUrl', () => {
  test.each([
    ['https://user:pass@api.example.com/a', 'https://api.example.com/a'],
    ['https://user@api.example.com/a', 'https://api.example.com/a'],
    ['https://us@er:pass@api.example.com/a', 'https://api.example.com/a'],
    ['https:user:pass@api.example.com/', 'https:api.example.com/'],
    ['https:\\\\user:pass@api.example.com\\a', 'https:\\\\api.example.com\\a'],
    ['//user:pass@api.example.com/a', '//api.example.com/a'],
    ['us_er:pass@api.example.com/a', 'api.example.com/a'],
    ['https://user:pa/ss@api.example.com/a', 'https://api.example.com/a'],
    ['https://user:pa?s#s@api.example.com/a?token=x', 'https://api.example.com/a?token=***'],
    ['/a?token=abc', '/a?token=***'],
    ['?token=abc&page=2', '?token=***&page=2'],
    ['https://api.example.com/a?page=2&api_key=abc&x', 'https://api.example.com/a?page=2&api_key=***&x'],
    ['https://api.example.com/a?token=a=b==', 'https://api.example.com/a?token=***'],
    ['https://api.example.com/a?token=a;b?c#d&page=2', 'https://api.example.com/a?token=***&page=2'],
    ['https://api.example.com/a?x=1;token=abc', 'https://api.example.com/a?x=1;token=***'],
    ['https://api.example.com/a?x=/b?token=abc', 'https://api.example.com/a?x=/b?token=***'],
    ['https://app.example.com/#access_token=abc&state=1', 'https://app.example.com/#access_token=***&state=1'],
    ['https://app.example.com/#/done?code=abc', 'https://app.example.com/#/done?code=***'],
    ['https://api.example.com/?%74oken=abc', 'https://api.example.com/?%74oken=***'],
    ['/login?next=https%3A%2F%2Fu%3Ap%40h%2F%3Ftoken%3Dabc&x=1', '/login?next=https%3A%2F%2Fh%2F%3Ftoken%3D***&x=1'],
    ['http://[not a url?token=abc', 'http://[not a url?token=***'],
  ])('makes of %s this: %s', (url, expected) => {
    expect(redactUrl(url)).toBe(expected);
  });

  test.each([
    'https://api.example.com/orders/42',
    'https://api.example.com:8080/orders?page=2&sort=name#top',
    'users/@me?x=@y',
    'https://api.example.com/users/@me',
    'https://[::1]:80/a@b',
    '/a?token=',
    '/orders:search?email=a@b',
    'v1/orders_x:search?email=a@b',
    '@me/orders',
    'https://api.example.com:8080/orders?email=a@b',
    '/a?&&x=1;;#?',
    '',
  ])('leaves %s as it is', (url) => {
    expect(redactUrl(url)).toBe(url);
  });

  test('gives the same result when applied twice, for any text', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true, size: 'small' }), (url) => {
        const once = redactUrl(url);
        expect(redactUrl(once)).toBe(once);
      }),
    );
  });

  test('never throws, whatever the text is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (url) => typeof redactUrl(url) === 'string'));
  });
});

describe('redactHeaders', () => {
  test('strikes out what carries secrets, by name, and keeps the rest', () => {
    const headers = new Headers({
      Authorization: 'Bearer abc',
      'Proxy-Authorization': 'Basic abc',
      Cookie: 'a=b',
      'X-Api-Key': 'abc',
      'X-Csrf-Token': 'abc',
      'Session-Id': 'abc',
      'X-Signature': 'abc',
      Accept: 'application/json',
      Location: 'https://api.example.com/?token=abc',
    });
    headers.append('Set-Cookie', 'a=abc');
    expect(redactHeaders(headers)).toEqual({
      accept: 'application/json',
      authorization: '***',
      cookie: '***',
      location: 'https://api.example.com/?token=***',
      'proxy-authorization': '***',
      'session-id': '***',
      'set-cookie': '***',
      'x-api-key': '***',
      'x-csrf-token': '***',
      'x-signature': '***',
    });
  });

  test('strikes out further names, in any case', () => {
    const headers = new Headers({ 'X-Tenant': 'abc', Accept: '*/*' });
    expect(redactHeaders(headers, ['X-TENANT'])).toEqual({ accept: '*/*', 'x-tenant': '***' });
  });
});

describe('redactText', () => {
  test.each([
    ['fetch of https://u:p@api.example.com/?token=abc failed', 'fetch of https://api.example.com/?token=*** failed'],
    ['sent Bearer abc.def-ghi', 'sent Bearer ***'],
    ['sent Basic Zm9vOmJhcg==', 'sent Basic ***'],
    ['Authorization: Digest username="a", response="b"\nnext', 'Authorization: ***\nnext'],
    ['Cookie: a=b; c=d', 'Cookie: ***'],
    ['{"authorization":"Bearer abc","page":2}', '{"authorization":"***","page":2}'],
    ["{'cookie': 'a=b', 'page': 2}", "{'cookie': '***', 'page': 2}"],
    ['{"password":"a\\"b","page":2}', '{"password":"***","page":2}'],
    ['{"password":"cut sho', '{"password":"***"'],
    ['password = hunter2, page = 2', 'password = ***, page = 2'],
    ['api_key: abc123', 'api_key: ***'],
    ['grant_type=password&client_secret=abc&page=2', 'grant_type=password&client_secret=***&page=2'],
    ['GET /callback?code=abc&state=1', 'GET /callback?code=***&state=1'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'got ***'],
    ['Invalid API key provided: sk_live_0123456789', 'Invalid API key provided: ***'],
  ])('makes of %s this: %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test.each([
    'GET https://api.example.com/orders/42 timed out after 500 ms (attempt 2)',
    'Circuit for api.example.com is open; next probe in 1200 ms; see `circuitBreaker`',
    'duplicate key: orders',
    'error code: 42',
    'Bearer token is missing',
    'Basic authentication is off',
    'max_tokens: 4096',
    'connect ECONNREFUSED 127.0.0.1:8080',
  ])('leaves “%s” as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test.each([
    'a',
    'a=',
    'token=',
    '"',
    'token="',
    '\\"',
    'eyJa-',
    'a://',
    '@',
    '%',
    '?',
    'a.',
    'cookie',
    'cookie:"',
    'bearer ',
    ' ',
  ])('takes little time for 200 kilobytes of “%s”', (piece) => {
    const hostile = piece.repeat(200_000 / piece.length);
    expect(() => withoutHanging(() => redactText(hostile))).not.toThrow();
    expect(() => withoutHanging(() => redactUrl(`https://${hostile}?${hostile}`))).not.toThrow();
  });
});

/** Written in two parts, so that secret scanners do not report this file. */
const keys = [
  ...[
    'sk-' + 'proj-abcdefghijklmnop',
    'gh' + 'p_abcdefghijklmnopqrstuvwxyz0123456789',
    'github' + '_pat_11ABCDEFG0abcdefgh',
  ],
  ...['xox' + 'b-123456789012-abcdefghij', 'xapp' + '-1-A0123456789-abcdef', 'AK' + 'IAIOSFODNN7EXAMPLE'],
  ...[
    'gl' + 'pat-abcdefghijklmnopqrst',
    'np' + 'm_abcdefghijklmnopqrstuvwxyz0123456789',
    'AI' + 'zaSyA-abcdefghijklmnopqrstuvwxyz012',
  ],
  ...['SG' + '.abcdefghijklmnop.qrstuvwxyz012345', 'sk_' + 'live_abcdefghijkl', 'shp' + 'at_0123456789abcdef'],
];

describe('keys that are known by their first letters', () => {
  test.each(keys)('are redacted wherever they are: %s', (secret) => {
    for (const text of [
      redactText(`it failed for ${secret}, sorry`),
      redactText(`{"q":"${secret}"}`),
      redactUrl(`https://api.example.com/v1/${secret}/orders?q=${secret}#${secret}`),
      JSON.stringify(redactHeaders(new Headers({ 'x-custom': secret }))),
    ]) {
      expect(text).not.toContain(secret.slice(6));
      expect(text).toContain('***');
    }
  });

  test.each([
    'risk-assessment-report',
    'npm_config_registry',
    'task-1234567890',
    'SG.example',
    'AKIA',
    'secret_santa_list',
  ])('what only looks like one stays: %s', (text) => {
    expect(redactUrl(`/files/${text}`)).toBe(`/files/${text}`);
  });
});

describe('sessions and assertions', () => {
  test.each([
    [
      '/token?client_assertion=abc.def&client_assertion_type=urn%3Ajwt',
      '/token?client_assertion=***&client_assertion_type=urn%3Ajwt',
    ],
    ['/x;jsessionid=ABC123?page=2', '/x;jsessionid=***?page=2'],
    ['/x;v=1;JSESSIONID=ABC/y', '/x;v=1;JSESSIONID=***/y'],
    ['/x?PHPSESSID=abc&JSESSIONID=def', '/x?PHPSESSID=***&JSESSIONID=***'],
    ['/x?ASP.NET_SessionId=abc', '/x?ASP.NET_SessionId=***'],
    ['/x?connect.sid=s%3Aabc', '/x?connect.sid=***'],
    ['/acs?SAMLResponse=PHNhbWw%2B&RelayState=1', '/acs?SAMLResponse=***&RelayState=1'],
    ['/token?code_verifier=abc', '/token?code_verifier=***'],
  ])('%s', (url, clean) => {
    expect(redactUrl(url)).toBe(clean);
  });

  test('in text too', () => {
    expect(redactText('got client_assertion=eyJ.x, JSESSIONID: 4711 and PHPSESSID=a1')).toBe(
      'got client_assertion=***, JSESSIONID: *** and PHPSESSID=***',
    );
    expect(redactText('Assertion: failed')).toBe('Assertion: failed');
  });
});

test('nothing that is printed controls a terminal, and no control character hides a secret', () => {
  expect(redactText('a\u001b[31mred\u001b[0m\u0007\u009b2J\rover\u202ewritten')).toBe('a [31mred [0m  2J over written');
  expect(redactText('one\r\ntwo\n\tthree')).toBe('one\r\ntwo\n\tthree');
  expect(redactText('Bearer\u0000abcdefgh')).not.toContain('abcdefgh');
  expect(redactUrl('/a\u001b]0;title\u0007?b=1')).toBe('/a ]0;title ?b=1');
});
