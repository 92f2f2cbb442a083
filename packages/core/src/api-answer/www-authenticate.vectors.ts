/*
 * Facts about `WWW-Authenticate`, from the tests of panva/oauth4webapi, test/www_authenticate.test.ts (MIT License,
 * © Filip Skokan), which adapts Julian Reschke's httpauth tests by way of jylauril/w3ap (MIT License).
 */

type Expected = readonly [scheme: string, params: Readonly<Record<string, string>>, token68?: string];

/** Malformed where no challenge is expected. */
export const authenticateHeaders: readonly {
  readonly about: string;
  readonly header: string;
  readonly challenges: readonly Expected[];
}[] = [
  { about: 'empty', header: '', challenges: [] },
  { about: 'empty * 2', header: ',', challenges: [] },
  {
    about:
      'with a comma between schema and auth-param (this is invalid because of the missing space characters after the scheme name)',
    header: 'Scheme, realm="foo"',
    challenges: [],
  },
  { about: 'parameter missing', header: 'Scheme', challenges: [['scheme', {}]] },
  {
    about: 'two schemes, parameters missing',
    header: 'Scheme, DPoP',
    challenges: [
      ['scheme', {}],
      ['dpop', {}],
    ],
  },
  {
    about: 'two schemes, parameters missing in one',
    header: 'Scheme, DPoP algs="ES256"',
    challenges: [
      ['scheme', {}],
      ['dpop', { algs: 'ES256' }],
    ],
  },
  {
    about: 'using token format for a parameter including backslashes',
    header: 'Scheme realm=\\f\\o\\o',
    challenges: [],
  },
  {
    about: 'a header field containing a Scheme challenge, with a realm missing the second double quote',
    header: 'Scheme realm="basic',
    challenges: [],
  },
  { about: 'simple scheme', header: 'Scheme realm="foo"', challenges: [['scheme', { realm: 'foo' }]] },
  {
    about: 'simple scheme (using uppercase characters)',
    header: 'SCHEME REALM="foo"',
    challenges: [['scheme', { realm: 'foo' }]],
  },
  { about: 'using token format for realm', header: 'Scheme realm=foo', challenges: [['scheme', { realm: 'foo' }]] },
  {
    about: 'using single quotes (lax behaviour)',
    header: "Scheme realm='foo'",
    challenges: [['scheme', { realm: "'foo'" }]],
  },
  {
    about: "containing a %-escape (which isn't special here)",
    header: 'Scheme realm="foo%20bar"',
    challenges: [['scheme', { realm: 'foo%20bar' }]],
  },
  {
    about: 'with a comma between schema and auth-param',
    header: 'Scheme , realm="foo"',
    challenges: [['scheme', { realm: 'foo' }]],
  },
  {
    about: 'duplicate parameters, second one overwrites the first',
    header: 'Scheme realm="foo", realm="bar"',
    challenges: [['scheme', { realm: 'bar' }]],
  },
  {
    about: 'whitespace used in auth-param assignment (lax behaviour)',
    header: 'Scheme realm = "foo"',
    challenges: [['scheme', { realm: 'foo' }]],
  },
  {
    about: 'with realm using quoted string escapes',
    header: 'Scheme realm="\\"foo\\""',
    challenges: [['scheme', { realm: '"foo"' }]],
  },
  {
    about: 'with additional auth-params',
    header: 'Scheme realm="foo", bar="xyz",, a=b,,,c=d',
    challenges: [['scheme', { realm: 'foo', bar: 'xyz', a: 'b', c: 'd' }]],
  },
  {
    about: 'with an additional auth-param (but with reversed order)',
    header: 'Scheme bar="xyz", realm="foo"',
    challenges: [['scheme', { bar: 'xyz', realm: 'foo' }]],
  },
  {
    about: 'a header field containing one challenge, following an empty one',
    header: ',Scheme realm="basic"',
    challenges: [['scheme', { realm: 'basic' }]],
  },
  {
    about:
      'a header field containing two challenges, the first one for a new scheme and having a parameter using quoted-string syntax',
    header: 'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Scheme realm="simple" ',
    challenges: [
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ['scheme', { realm: 'simple' }],
    ],
  },
  {
    about:
      'a header field containing a Scheme challenge, with a quoted-string extension param that happens to contain the string "realm="',
    header: 'Scheme foo="realm=nottherealm", realm="basic"',
    challenges: [['scheme', { foo: 'realm=nottherealm', realm: 'basic' }]],
  },
  {
    about: 'a header field containing a Scheme challenge, with a preceding extension param named "nottherealm"',
    header: 'Scheme nottherealm="nottherealm", realm="basic"',
    challenges: [['scheme', { nottherealm: 'nottherealm', realm: 'basic' }]],
  },
  {
    about: 'a token68 test without following equal sign',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu',
    challenges: [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu']],
  },
  {
    about: 'a token68 test without following equal sign and another challenge',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu, Scheme realm="foobar"',
    challenges: [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGEgd2l0aG91dCBlcXVhbCBzaWdu'],
      ['scheme', { realm: 'foobar' }],
    ],
  },
  {
    about: 'a token68 test with following equal sign',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=',
    challenges: [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=']],
  },
  {
    about: 'a token68 test with following equal sign and another challenge',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE=, Scheme realm="foobar"',
    challenges: [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggYmFzZTY0IGRhdGE='],
      ['scheme', { realm: 'foobar' }],
    ],
  },
  {
    about: 'a token68 test with two following equal sign',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==',
    challenges: [['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==']],
  },
  {
    about: 'a token68 test with two following equal sign and another challenge',
    header: 'NTLS Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ==, Scheme realm="foobar"',
    challenges: [
      ['ntls', {}, 'Y2hhbGxlbmdlIHdpdGggbW9yZSBiYXNlNjQgZGF0YQ=='],
      ['scheme', { realm: 'foobar' }],
    ],
  },
  {
    about: 'Single Bearer challenge with error and description',
    header: 'Bearer error="invalid_token", error_description="The access token expired"',
    challenges: [['bearer', { error: 'invalid_token', error_description: 'The access token expired' }]],
  },
  {
    about: 'Bearer challenge with escaped quote in description',
    header: 'Bearer error="invalid_token", error_description="The token was \\"tampered\\""',
    challenges: [['bearer', { error: 'invalid_token', error_description: 'The token was "tampered"' }]],
  },
  {
    about: 'Multiple challenges: Bearer and Basic',
    header: 'Bearer error="invalid_token", error_description="bad stuff", Basic realm="simple"',
    challenges: [
      ['bearer', { error: 'invalid_token', error_description: 'bad stuff' }],
      ['basic', { realm: 'simple' }],
    ],
  },
  {
    about: 'Digest challenge with quoted and unquoted params',
    header: 'Digest realm="test", qop=auth, nonce="abc123"',
    challenges: [['digest', { realm: 'test', qop: 'auth', nonce: 'abc123' }]],
  },
  {
    about: 'Challenge with token68 only',
    header:
      'Negotiate YIIB/wYJKoZIhvcSAQICAQBuggHkMIIB4AIBADGCAZowggGWAgEBMIGQMH4xCzAJBgNVBAYTAkJFMRUwEwYDVQQIEwxTb21lLVN0YXRlMRAwDgYDVQQHEwdCcnVzc2VsczEXMBUGA1UEChMOVGVzdCBDb21wYW55LCBJbmMxHDAaBgNVBAMTE1Rlc3QgUm9vdCBDZXJ0aWZpY2F0ZQ==',
    challenges: [
      [
        'negotiate',
        {},
        'YIIB/wYJKoZIhvcSAQICAQBuggHkMIIB4AIBADGCAZowggGWAgEBMIGQMH4xCzAJBgNVBAYTAkJFMRUwEwYDVQQIEwxTb21lLVN0YXRlMRAwDgYDVQQHEwdCcnVzc2VsczEXMBUGA1UEChMOVGVzdCBDb21wYW55LCBJbmMxHDAaBgNVBAMTE1Rlc3QgUm9vdCBDZXJ0aWZpY2F0ZQ==',
      ],
    ],
  },
  {
    about: 'Weird spacing and commas between parameters',
    header: 'Bearer   realm =   "something"   ,error="bad_token" ,  error_description = " spaced "',
    challenges: [['bearer', { realm: 'something', error: 'bad_token', error_description: ' spaced ' }]],
  },
  { about: 'Empty header', header: '', challenges: [] },
  { about: 'Missing scheme', header: 'error="invalid_token"', challenges: [] },
  {
    about: 'Token68 followed by valid scheme (should parse only token68 as one challenge)',
    header: 'Negotiate abc123==, Basic realm="test"',
    challenges: [
      ['negotiate', {}, 'abc123=='],
      ['basic', { realm: 'test' }],
    ],
  },
  {
    about: 'Unknown parameter included',
    header: 'Bearer foobar="baz", scope="read"',
    challenges: [['bearer', { foobar: 'baz', scope: 'read' }]],
  },
  {
    about: 'Missing parameter value (treated as token68)',
    header: 'Bearer error=',
    challenges: [['bearer', {}, 'error=']],
  },
  { about: 'Unmatched quote in quoted string', header: 'Bearer realm="unclosed', challenges: [] },
  { about: 'Missing equals sign between key and value', header: 'Bearer error"invalid_token"', challenges: [] },
  {
    about: 'Empty scheme with valid parameters',
    header: '  error="invalid_token", error_description="no scheme"',
    challenges: [],
  },
  { about: 'Valid scheme followed by unparseable junk', header: 'Bearer error="ok", ???', challenges: [] },
  { about: 'Parameter value with stray escape', header: 'Bearer error="bad\\escape\\"', challenges: [] },
  { about: 'Token68 with trailing garbage', header: 'Negotiate abc== ???', challenges: [] },
  {
    about: 'Comma at the start (bad but possible)',
    header: ',Bearer realm="foo"',
    challenges: [['bearer', { realm: 'foo' }]],
  },
  {
    about: 'Token68 and auth-param combined is not supported',
    header: 'Negotiate abc123==, realm="ignored"',
    challenges: [],
  },
  {
    about: 'Quoted value with escaped backslash',
    header: 'Bearer error_description="bad \\\\ token"',
    challenges: [['bearer', { error_description: 'bad \\ token' }]],
  },
  {
    about: 'Challenge with duplicated keys',
    header: 'Bearer error="a", error="b"',
    challenges: [['bearer', { error: 'b' }]],
  },
  {
    about: 'Upper-case parameter keys (should be lowercased)',
    header: 'Bearer ERROR="token", Scope="read"',
    challenges: [['bearer', { error: 'token', scope: 'read' }]],
  },
  {
    about: 'Scheme with trailing space before param',
    header: 'Basic   realm="spaces"',
    challenges: [['basic', { realm: 'spaces' }]],
  },
  {
    about: 'Trailing comma with nothing after',
    header: 'Bearer realm="foo",',
    challenges: [['bearer', { realm: 'foo' }]],
  },
  {
    about: 'Multiple valid challenges with one malformed (should still parse others)',
    header: 'Bearer realm="foo", Digest blah==, Basic realm="bar"',
    challenges: [
      ['bearer', { realm: 'foo' }],
      ['digest', {}, 'blah=='],
      ['basic', { realm: 'bar' }],
    ],
  },
];
