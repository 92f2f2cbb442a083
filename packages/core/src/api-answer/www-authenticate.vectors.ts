/*
 * Facts about `WWW-Authenticate`, from the tests of panva/oauth4webapi, test/www_authenticate.test.ts (MIT License,
 * © Filip Skokan), which adapts Julian Reschke's httpauth tests by way of jylauril/w3ap (MIT License).
 */

type Expected = readonly [scheme: string, params: Readonly<Record<string, string>>, token68?: string];

type Row = readonly [about: string, header: string, challenges: readonly Expected[]];

const rows: readonly Row[] = [
  ['empty', '', []],
  ['empty * 2', ',', []],
  [
    'with a comma between schema and auth-param (this is invalid because of the missing space characters after the scheme name)',
    'Scheme, realm="foo"',
    [],
  ],
  ['parameter missing', 'Scheme', [['scheme', {}]]],
  [
    'two schemes, parameters missing',
    'Scheme, DPoP',
    [
      ['scheme', {}],
      ['dpop', {}],
    ],
  ],
  [
    'two schemes, parameters missing in one',
    'Scheme, DPoP algs="ES256"',
    [
      ['scheme', {}],
      ['dpop', { algs: 'ES256' }],
    ],
  ],
  ['using token format for a parameter including backslashes', 'Scheme realm=\\f\\o\\o', []],
  [
    'a header field containing a Scheme challenge, with a realm missing the second double quote',
    'Scheme realm="basic',
    [],
  ],
  ['simple scheme', 'Scheme realm="foo"', [['scheme', { realm: 'foo' }]]],
  ['simple scheme (using uppercase characters)', 'SCHEME REALM="foo"', [['scheme', { realm: 'foo' }]]],
  ['using token format for realm', 'Scheme realm=foo', [['scheme', { realm: 'foo' }]]],
  ['using single quotes (lax behaviour)', "Scheme realm='foo'", [['scheme', { realm: "'foo'" }]]],
  [
    "containing a %-escape (which isn't special here)",
    'Scheme realm="foo%20bar"',
    [['scheme', { realm: 'foo%20bar' }]],
  ],
  ['with a comma between schema and auth-param', 'Scheme , realm="foo"', [['scheme', { realm: 'foo' }]]],
  [
    'duplicate parameters, second one overwrites the first',
    'Scheme realm="foo", realm="bar"',
    [['scheme', { realm: 'bar' }]],
  ],
  ['whitespace used in auth-param assignment (lax behaviour)', 'Scheme realm = "foo"', [['scheme', { realm: 'foo' }]]],
  ['with realm using quoted string escapes', 'Scheme realm="\\"foo\\""', [['scheme', { realm: '"foo"' }]]],
  [
    'with additional auth-params',
    'Scheme realm="foo", bar="xyz",, a=b,,,c=d',
    [['scheme', { realm: 'foo', bar: 'xyz', a: 'b', c: 'd' }]],
  ],
  [
    'with an additional auth-param (but with reversed order)',
    'Scheme bar="xyz", realm="foo"',
    [['scheme', { bar: 'xyz', realm: 'foo' }]],
  ],
  [
    'a header field containing one challenge, following an empty one',
    ',Scheme realm="basic"',
    [['scheme', { realm: 'basic' }]],
  ],
  [
    'a header field containing two challenges, the first one for a new scheme and having a parameter using quoted-string syntax',
    'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Scheme realm="simple" ',
    [
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ['scheme', { realm: 'simple' }],
    ],
  ],
  [
    'a header field containing a Scheme challenge, with a quoted-string extension param that happens to contain the string "realm="',
    'Scheme foo="realm=nottherealm", realm="basic"',
    [['scheme', { foo: 'realm=nottherealm', realm: 'basic' }]],
  ],
  [
    'a header field containing a Scheme challenge, with a preceding extension param named "nottherealm"',
    'Scheme nottherealm="nottherealm", realm="basic"',
    [['scheme', { nottherealm: 'nottherealm', realm: 'basic' }]],
  ],
  [
    'a token68 test without following equal sign',
    'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu',
    [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu']],
  ],
  [
    'a token68 test without following equal sign and another challenge',
    'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu, Scheme realm="foobar"',
    [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu'],
      ['scheme', { realm: 'foobar' }],
    ],
  ],
  [
    'a token68 test with following equal sign',
    'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=',
    [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=']],
  ],
  [
    'a token68 test with following equal sign and another challenge',
    'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=, Scheme realm="foobar"',
    [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE='],
      ['scheme', { realm: 'foobar' }],
    ],
  ],
  [
    'a token68 test with two following equal sign',
    'NTLS Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==',
    [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==']],
  ],
  [
    'a token68 test with two following equal sign and another challenge',
    'NTLS Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==, Scheme realm="foobar"',
    [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ=='],
      ['scheme', { realm: 'foobar' }],
    ],
  ],
  [
    'Single Bearer challenge with error and description',
    'Bearer error="invalid_token", error_description="The access token expired"',
    [['bearer', { error: 'invalid_token', error_description: 'The access token expired' }]],
  ],
  [
    'Bearer challenge with escaped quote in description',
    'Bearer error="invalid_token", error_description="The token was \\"tampered\\""',
    [['bearer', { error: 'invalid_token', error_description: 'The token was "tampered"' }]],
  ],
  [
    'Multiple challenges: Bearer and Basic',
    'Bearer error="invalid_token", error_description="bad stuff", Basic realm="simple"',
    [
      ['bearer', { error: 'invalid_token', error_description: 'bad stuff' }],
      ['basic', { realm: 'simple' }],
    ],
  ],
  [
    'Digest challenge with quoted and unquoted params',
    'Digest realm="test", qop=auth, nonce="abc123"',
    [['digest', { realm: 'test', qop: 'auth', nonce: 'abc123' }]],
  ],
  [
    'Challenge with token68 only',
    'Negotiate YIIB/wYJKoZIhvcSAQICAQBuggHkMIIB4AIBADGCAZowggGWAgEBMIGQMH4xCzAJBgNVBAYTAkJFMRUwEwYDVQQIEwxTb21lLVN0YXRlMRAwDgYDVQQHEwdCcnVzc2VsczEXMBUGA1UEChMOVGVzdCBDb21wYW55LCBJbmMxHDAaBgNVBAMTE1Rlc3QgUm9vdCBDZXJ0aWZpY2F0ZQ==',
    [
      [
        'negotiate',
        {},
        'YIIB/wYJKoZIhvcSAQICAQBuggHkMIIB4AIBADGCAZowggGWAgEBMIGQMH4xCzAJBgNVBAYTAkJFMRUwEwYDVQQIEwxTb21lLVN0YXRlMRAwDgYDVQQHEwdCcnVzc2VsczEXMBUGA1UEChMOVGVzdCBDb21wYW55LCBJbmMxHDAaBgNVBAMTE1Rlc3QgUm9vdCBDZXJ0aWZpY2F0ZQ==',
      ],
    ],
  ],
  [
    'Weird spacing and commas between parameters',
    'Bearer   realm =   "something"   ,error="bad_token" ,  error_description = " spaced "',
    [['bearer', { realm: 'something', error: 'bad_token', error_description: ' spaced ' }]],
  ],
  ['Empty header', '', []],
  ['Missing scheme', 'error="invalid_token"', []],
  [
    'Token68 followed by valid scheme (should parse only token68 as one challenge)',
    'Negotiate abc123==, Basic realm="test"',
    [
      ['negotiate', {}, 'abc123=='],
      ['basic', { realm: 'test' }],
    ],
  ],
  ['Unknown parameter included', 'Bearer foobar="baz", scope="read"', [['bearer', { foobar: 'baz', scope: 'read' }]]],
  ['Missing parameter value (treated as token68)', 'Bearer error=', [['bearer', {}, 'error=']]],
  ['Unmatched quote in quoted string', 'Bearer realm="unclosed', []],
  ['Missing equals sign between key and value', 'Bearer error"invalid_token"', []],
  ['Empty scheme with valid parameters', '  error="invalid_token", error_description="no scheme"', []],
  ['Valid scheme followed by unparseable junk', 'Bearer error="ok", ???', []],
  ['Parameter value with stray escape', 'Bearer error="bad\\escape\\"', []],
  ['Token68 with trailing garbage', 'Negotiate abc== ???', []],
  ['Comma at the start (bad but possible)', ',Bearer realm="foo"', [['bearer', { realm: 'foo' }]]],
  ['Token68 and auth-param combined is not supported', 'Negotiate abc123==, realm="ignored"', []],
  [
    'Quoted value with escaped backslash',
    'Bearer error_description="bad \\\\ token"',
    [['bearer', { error_description: 'bad \\ token' }]],
  ],
  ['Challenge with duplicated keys', 'Bearer error="a", error="b"', [['bearer', { error: 'b' }]]],
  [
    'Upper-case parameter keys (should be lowercased)',
    'Bearer ERROR="token", Scope="read"',
    [['bearer', { error: 'token', scope: 'read' }]],
  ],
  ['Scheme with trailing space before param', 'Basic   realm="spaces"', [['basic', { realm: 'spaces' }]]],
  ['Trailing comma with nothing after', 'Bearer realm="foo",', [['bearer', { realm: 'foo' }]]],
  [
    'Multiple valid challenges with one malformed (should still parse others)',
    'Bearer realm="foo", Digest blah==, Basic realm="bar"',
    [
      ['bearer', { realm: 'foo' }],
      ['digest', {}, 'blah=='],
      ['basic', { realm: 'bar' }],
    ],
  ],
];

/** Malformed where no challenge is expected. */
export const authenticateHeaders: readonly {
  readonly about: string;
  readonly header: string;
  readonly challenges: readonly Expected[];
}[] = rows.map(([about, header, challenges]) => ({ about, header, challenges }));
