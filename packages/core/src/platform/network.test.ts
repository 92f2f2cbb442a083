import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkFailure, unsent } from './network.ts';

const coded = (code: unknown, message = 'x'): Error => Object.assign(new Error(message), { code });
const fetchFailed = (cause?: unknown): TypeError => new TypeError('fetch failed', { cause });

const deno = (words: string): TypeError =>
  fetchFailed(new Error(`error sending request for url (http://127.0.0.1:1/): client error ${words}`));

describe('what a failed fetch says of its cause', () => {
  it.each<[string, unknown, string | undefined, boolean, boolean]>([
    ['Node: refused', fetchFailed(coded('ECONNREFUSED')), 'ECONNREFUSED', true, false],
    [
      'Node: refused on both addresses',
      fetchFailed(
        Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
      ),
      'ECONNREFUSED',
      true,
      false,
    ],
    [
      'Node: refused on one address, reset on the other',
      fetchFailed(new AggregateError([coded('ECONNREFUSED'), coded('ECONNRESET')])),
      'ECONNREFUSED',
      false,
      false,
    ],
    ['Node: no such name', fetchFailed(coded('ENOTFOUND')), 'ENOTFOUND', true, false],
    ['Node: no name server', fetchFailed(coded('EAI_AGAIN')), 'EAI_AGAIN', true, false],
    ['Node: no route', fetchFailed(coded('EHOSTUNREACH')), 'EHOSTUNREACH', true, false],
    ['Node: reset', fetchFailed(coded('ECONNRESET')), 'ECONNRESET', false, false],
    ['Node: broken pipe', fetchFailed(coded('EPIPE')), 'EPIPE', false, false],
    ['undici: other side closed', fetchFailed(coded('UND_ERR_SOCKET')), 'UND_ERR_SOCKET', false, false],
    [
      'undici: no connection in time',
      fetchFailed(coded('UND_ERR_CONNECT_TIMEOUT')),
      'UND_ERR_CONNECT_TIMEOUT',
      true,
      false,
    ],
    [
      'undici: no headers in time',
      fetchFailed(coded('UND_ERR_HEADERS_TIMEOUT')),
      'UND_ERR_HEADERS_TIMEOUT',
      false,
      false,
    ],
    ['undici: a broken answer', fetchFailed(coded('HPE_INVALID_CONSTANT')), 'HPE_INVALID_CONSTANT', false, false],
    [
      'undici: a broken answer that has no code, and whose words sound like a fault of ours',
      fetchFailed(coded(undefined, 'Response does not match the HTTP/1.1 protocol (Invalid header token)')),
      'Response does not match the HTTP/1.1 protocol',
      false,
      false,
    ],
    [
      'TLS: the other side left in the handshake',
      fetchFailed(
        coded('ECONNRESET', 'Client network socket disconnected before secure TLS connection was established'),
      ),
      'ECONNRESET',
      true,
      false,
    ],
    ['undici: bad port', fetchFailed(new Error('bad port')), 'bad port', false, true],
    ['undici: unknown scheme', fetchFailed(new Error('unknown scheme')), 'unknown scheme', false, true],
    ['undici: no HTTP', fetchFailed(new Error('URL scheme must be a HTTP(S) scheme')), 'scheme must be', false, true],
    [
      'undici: too many redirects',
      fetchFailed(new Error('redirect count exceeded')),
      'redirect count exceeded',
      false,
      true,
    ],
    [
      'undici: a redirect that was not wanted',
      fetchFailed(new Error('unexpected redirect')),
      'unexpected redirect',
      false,
      true,
    ],
    [
      'undici: no URL',
      new TypeError('Failed to parse URL from x', { cause: coded('ERR_INVALID_URL') }),
      'ERR_INVALID_URL',
      false,
      true,
    ],
    ['undici: a wrong argument', fetchFailed(coded('UND_ERR_INVALID_ARG')), 'UND_ERR_INVALID_ARG', false, true],
    ['TLS: expired', fetchFailed(coded('CERT_HAS_EXPIRED')), 'CERT_HAS_EXPIRED', false, true],
    ['TLS: self-signed', fetchFailed(coded('DEPTH_ZERO_SELF_SIGNED_CERT')), 'DEPTH_ZERO_SELF_SIGNED_CERT', false, true],
    [
      'TLS: self-signed in the chain',
      fetchFailed(coded('SELF_SIGNED_CERT_IN_CHAIN')),
      'SELF_SIGNED_CERT_IN_CHAIN',
      false,
      true,
    ],
    [
      'TLS: unknown issuer',
      fetchFailed(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE')),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      false,
      true,
    ],
    [
      'TLS: another name',
      fetchFailed(coded('ERR_TLS_CERT_ALTNAME_INVALID')),
      'ERR_TLS_CERT_ALTNAME_INVALID',
      false,
      true,
    ],
    [
      'undici: a mock that knows no answer',
      fetchFailed(coded('UND_MOCK_ERR_MOCK_NOT_MATCHED')),
      'UND_MOCK_ERR_MOCK_NOT_MATCHED',
      false,
      true,
    ],
    [
      'a transport that knows that nothing was sent',
      Object.assign(fetchFailed(coded('ECONNRESET')), { [unsent]: true }),
      'ECONNRESET',
      true,
      false,
    ],
    [
      'one of two sends, of which the other has begun',
      new AggregateError([
        Object.assign(fetchFailed(coded('ECONNRESET')), { [unsent]: true }),
        fetchFailed(coded('UND_ERR_SOCKET')),
      ]),
      'ECONNRESET',
      false,
      false,
    ],
    ['a mark that says nothing', Object.assign(fetchFailed(coded('EPIPE')), { [unsent]: 1 }), 'EPIPE', false, false],
    ['Chrome', new TypeError('Failed to fetch'), undefined, false, false],
    ['Firefox', new TypeError('NetworkError when attempting to fetch resource.'), undefined, false, false],
    ['Safari', new TypeError('Load failed'), undefined, false, false],
    ['Bun before 1.2', coded('ConnectionRefused'), 'ECONNREFUSED', true, false],
    ['Bun before 1.2: closed', coded('ConnectionClosed'), 'ECONNRESET', false, false],
    [
      'Deno: refused',
      deno('(Connect): tcp connect error: Connection refused (os error 111)'),
      'ECONNREFUSED',
      true,
      false,
    ],
    ['Deno on Windows: refused', deno('(Connect): tcp connect error: … (os error 10061)'), 'ECONNREFUSED', true, false],
    ['Deno: no such name', deno('(Connect): dns error: failed to lookup'), 'ENOTFOUND', true, false],
    ['Deno: no TLS there', deno('(Connect): received corrupt message of type X'), 'EPROTO', true, false],
    ['Deno: certificate', deno('(Connect): invalid peer certificate: UnknownIssuer'), 'CERT_REFUSED', true, true],
    ['Deno: no answer', deno('(SendRequest): connection closed before message completed'), 'ECONNRESET', false, false],
    [
      'Electron: refused, perhaps after a redirect',
      new Error('net::ERR_CONNECTION_REFUSED'),
      'ECONNREFUSED',
      false,
      false,
    ],
    ['Electron: no such name', new Error('net::ERR_NAME_NOT_RESOLVED'), 'ENOTFOUND', false, false],
    ['Electron: reset', new Error('net::ERR_CONNECTION_RESET'), 'ECONNRESET', false, false],
    ['Electron: a bad certificate', new Error('net::ERR_CERT_DATE_INVALID'), 'CERT_REFUSED', false, true],
    ['Electron: something else', new Error('net::ERR_FAILED'), 'EPROTO', false, false],
    ['Deno: reset', fetchFailed(new Error('Connection reset by peer (os error 104)')), 'ECONNRESET', false, false],
    ['Deno: a broken body', new TypeError('error reading a body from connection'), 'ECONNRESET', false, false],
    [
      'a wrapper of a wrapper',
      new Error('a', { cause: new Error('b', { cause: coded('ECONNRESET') }) }),
      'ECONNRESET',
      false,
      false,
    ],
    [
      'an error of ours',
      Object.assign(new Error('x'), { code: 'NETWORK', cause: fetchFailed(coded('ECONNREFUSED')) }),
      'ECONNREFUSED',
      true,
      false,
    ],
    ['a code by itself', { code: 'ENOTFOUND' }, 'ENOTFOUND', true, false],
    ['a code that is a number', coded(20), undefined, false, false],
    ['a string', 'ECONNREFUSED', undefined, false, false],
    ['nothing', undefined, undefined, false, false],
    ['null', null, undefined, false, false],
  ])('%s', (_what, error, reason, neverSent, permanent) => {
    expect(networkFailure(error)).toMatchObject({ reason, neverSent, permanent });
  });

  it('recognises by the URL in Deno’s message that the target of a redirect refused', () => {
    const refused = deno('(Connect): tcp connect error: Connection refused (os error 111)');
    expect(networkFailure(refused, 'http://127.0.0.1:1/a')).toMatchObject({ elsewhere: false, neverSent: true });
    expect(networkFailure(refused, 'http://127.0.0.1:2/a')).toMatchObject({ elsewhere: true, neverSent: false });
  });

  it('tells a code from words', () => {
    expect(networkFailure(fetchFailed(coded('ECONNRESET'))).code).toBe('ECONNRESET');
    expect(networkFailure(fetchFailed(new Error('bad port'))).code).toBeUndefined();
  });

  it('repeats no more of a message than it knows', () => {
    const leaky = new TypeError('Headers.append: "Bearer secret\nvalue" is an invalid header value.');
    expect(networkFailure(leaky)).toMatchObject({ reason: 'is an invalid', permanent: true });
  });

  it('ends even if the causes refer to each other', () => {
    const knot = coded('ECONNRESET');
    Object.assign(knot, { cause: knot, errors: [knot, { cause: knot }] });
    expect(networkFailure(knot).reason).toBe('ECONNRESET');
    let deep: Error = coded('ECONNRESET');
    for (let depth = 0; depth < 10_000; depth++) deep = new Error('deeper', { cause: deep });
    expect(networkFailure(deep).reason).toBeUndefined();
    expect(
      networkFailure(
        new AggregateError(
          Array(10_000)
            .fill(0)
            .map(() => coded('ECONNRESET')),
        ),
      ).reason,
    ).toBe('ECONNRESET');
  });

  it('accepts any value as an error, and describes it in one line', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (cause, message) => {
        const { reason = '' } = networkFailure(new TypeError(message, { cause }));
        expect(reason).toMatch(/^[^\r\n]*$/);
        expect(reason.length).toBeLessThan(100);
      }),
      { seed: 2026 },
    );
  });
});

describe('a connection that was refused', () => {
  const beforeSecure = 'Client network socket disconnected before secure TLS connection was established';
  const refused = (cause: object): Error =>
    Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('refused'), cause) });

  it.each([
    [
      'at the port that was asked for',
      { code: 'ECONNREFUSED', address: '127.0.0.1', port: 80 },
      'http://127.0.0.1/x',
      true,
    ],
    [
      'at the usual port of a name',
      { code: 'ECONNREFUSED', address: '10.1.2.3', port: 443 },
      'https://a.example/x',
      true,
    ],
    ['by IPv6', { code: 'ECONNREFUSED', address: '::1', port: 8080 }, 'http://[::1]:8080/x', true],
    [
      'at another port, after a redirect',
      { code: 'ECONNREFUSED', address: '127.0.0.1', port: 81 },
      'http://127.0.0.1/x',
      false,
    ],
    [
      'at another address, after a redirect',
      { code: 'ECONNREFUSED', address: '127.0.0.2', port: 80 },
      'http://127.0.0.1/x',
      false,
    ],
    ['for a name that was asked for', { code: 'ENOTFOUND', hostname: 'a.example' }, 'https://a.example/x', true],
    ['for another name, after a redirect', { code: 'ENOTFOUND', hostname: 'b.example' }, 'https://a.example/x', false],
    [
      'in the handshake of the host that was asked for',
      { code: 'ECONNRESET', message: beforeSecure, host: 'a.example', port: '443' },
      'https://a.example/x',
      true,
    ],
    [
      'in the handshake of another host, after a redirect',
      { code: 'ECONNRESET', message: beforeSecure, host: 'b.example', port: '443' },
      'https://a.example/x',
      false,
    ],
    [
      'in the handshake at another port, after a redirect',
      { code: 'ECONNRESET', message: beforeSecure, host: 'a.example', port: '8443' },
      'https://a.example/x',
      false,
    ],
    ['without saying where', { code: 'ECONNREFUSED' }, 'https://a.example/x', true],
  ])('%s', (_where, cause, url, neverSent) => {
    expect(networkFailure(refused(cause), url).neverSent).toBe(neverSent);
  });
});

describe('a certificate that was refused', () => {
  const refused = (code: string): Error => fetchFailed(coded(code));

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('%s was refused before anything was sent, except for a redirect that fetch may have followed', (code) => {
    expect(networkFailure(refused(code), 'https://a.example/', true).neverSent).toBe(true);
    expect(networkFailure(refused(code), 'https://a.example/', false).neverSent).toBe(false);
    expect(networkFailure(refused(code)).neverSent).toBe(false);
  });

  it('the same applies to a stream that an HTTP/2 server has refused, but not to one that it has broken', () => {
    const closed = (code: string): Error =>
      fetchFailed(coded('ERR_HTTP2_STREAM_ERROR', `Stream closed with error code NGHTTP2_${code}`));
    expect(networkFailure(closed('REFUSED_STREAM'), 'https://a.example/', true).neverSent).toBe(true);
    expect(networkFailure(closed('REFUSED_STREAM'), 'https://a.example/', false).neverSent).toBe(false);
    expect(networkFailure(closed('INTERNAL_ERROR'), 'https://a.example/', true).neverSent).toBe(false);
  });

  it('says nothing of another failure beside it', () => {
    const both = fetchFailed(new AggregateError([coded('CERT_HAS_EXPIRED'), coded('ECONNRESET')]));
    expect(networkFailure(both, 'https://a.example/', true).neverSent).toBe(false);
  });
});
