import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type BeginOptions, origin, type Scene, scene } from './support/scene.ts';

const refused = (): Response => new Response(null, { status: 429, headers: { 'retry-after': '30' } });
const call = (headers: Record<string, string>): BeginOptions => ({ url: `${origin}/orders`, headers });

async function refuse({ begin }: Scene, headers: Record<string, string>): Promise<void> {
  await (await begin(call(headers))).answer(refused());
}

async function waits({ begin }: Scene, headers: Record<string, string>): Promise<boolean> {
  const begun = await begin(call(headers));
  const isWaiting = begun.sentAt === undefined;
  await begun.abort();
  return isWaiting;
}

const jwt = (claims: object, head: object = { alg: 'RS256', kid: '1' }): string => {
  const [first, second] = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${first}.${second}.${createHmac('sha256', 'k').update(`${first}.${second}`).digest('base64url')}`;
};

describe('a pause concerns the next call although its headers differ in what belongs to one call', () => {
  let number = 0;
  const iat = (): number => 1_790_000_000 + ++number;
  test.each<[string, () => Record<string, string>]>([
    ...[
      ...['x-request-id', 'x-transaction-id', 'x-message-id', 'x-msg-id', 'x-event-id', 'x-invocation-id'],
      ...['x-parent-span-id', 'x-acme-correlation-id', 'x-interaction-id', 'x-attempt', 'x-call-id', 'x-timestamp'],
      ...['x-acme-nonce', 'x-signature', 'x-hub-signature-256', 'content-digest'],
    ].map((name): [string, () => Record<string, string>] => [name, () => ({ [name]: randomUUID() })]),
    ...['x-cost', 'x-token-estimate', 'x-request-units', 'x-cost-unit'].map(
      (name): [string, () => Record<string, string>] => [name, () => ({ [name]: String(++number) })],
    ),
    [
      'an RFC 9421 signature',
      () => ({ 'signature-input': `s=("@method");created=${iat()};keyid="k"`, signature: `s=:${iat()}:` }),
    ],
    [
      'a token that is signed for each call',
      () => ({ authorization: `Bearer ${jwt({ iss: 'app', iat: iat(), jti: randomUUID() })}` }),
    ],
    [
      'a DPoP proof',
      () => ({ dpop: jwt({ htm: 'GET', iat: iat(), jti: randomUUID() }, { typ: 'dpop+jwt', jwk: { x: 'a' } }) }),
    ],
  ])('%s', async (_, headers) => {
    const all = scene();
    await refuse(all, headers());
    expect(await waits(all, headers())).toBe(true);
  });
});

describe('a pause concerns no other sender', () => {
  test.each<[string, (tenant: number) => Record<string, string>]>([
    ['a tenant', (tenant) => ({ 'x-tenant': `0b6f3a52-6d4e-4c5b-9a3e-1f2d3c4b5a6${tenant}` })],
    ['an account', (tenant) => ({ 'stripe-account': `acct_1032D82eZvKYlo2${tenant}` })],
    ['a unit of a company', (tenant) => ({ 'x-business-unit': String(tenant) })],
    ['a unit', (tenant) => ({ 'x-unit': String(tenant) })],
    ['a size in words', (tenant) => ({ 'x-size': `size-${tenant}` })],
    ['a key', (tenant) => ({ 'x-acme-key': `k-1234567890${tenant}` })],
    ['a customer', (tenant) => ({ 'x-customer-no': `100000000${tenant}` })],
    ['a cookie', (tenant) => ({ cookie: `sid=123456789012${tenant}` })],
    ['a word under a name that tells nothing', (tenant) => ({ 'x-acme': `blue-${tenant}` })],
    ['the subject of a token', (tenant) => ({ authorization: `Bearer ${jwt({ sub: `u${tenant}`, iat: 1 })}` })],
    ['a device, whose name ends as a code of a message', (tenant) => ({ 'x-device-mac': `00:1b:44:11:3a:b${tenant}` })],
    ['the key of a DPoP proof', (tenant) => ({ dpop: jwt({ jti: '1' }, { typ: 'dpop+jwt', jwk: { x: tenant } }) })],
    ['the key of a signature', (tenant) => ({ 'signature-input': `s=();created=1;keyid="k${tenant}"` })],
    ['what begins like a token, and is none', (tenant) => ({ authorization: `Bearer eyJ9.%%${tenant}.x` })],
  ])('%s, however many of them are refused', async (_, headers) => {
    const all = scene();
    for (const tenant of [1, 2, 3, 4, 5]) await refuse(all, headers(tenant));
    expect(await waits(all, headers(6))).toBe(false);
    expect(await waits(all, headers(3))).toBe(true);
  });

  test('a hundred of them, under a name that says nothing', async () => {
    const all = scene();
    const headers = (tenant: number): Record<string, string> => ({ 'x-clinic-id': `clinic-${100_000 + tenant}` });
    for (let tenant = 0; tenant < 100; tenant++) await refuse(all, headers(tenant));
    expect(await waits(all, headers(100))).toBe(false);
    expect(await waits(all, headers(0))).toBe(true);
  });
});

/** The headers of a client that signs each request: the proof differs, and the signer is the same. */
const schemes: readonly (readonly [name: string, value: (signer: string, proof: string) => string])[] = [
  [
    'AWS, version 4',
    (signer, proof) =>
      `AWS4-HMAC-SHA256 Credential=${signer}/20261129/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${proof}`,
  ],
  ['AWS, version 2', (signer, proof) => `AWS ${signer}:${proof}=`],
  [
    'Google',
    (signer, proof) => `GOOG4-RSA-SHA256 Credential=${signer}/20261129/auto/storage/goog4_request, Signature=${proof}`,
  ],
  ['Tencent', (signer, proof) => `TC3-HMAC-SHA256 Credential=${signer}/2026-11-29/cvm/tc3_request, Signature=${proof}`],
  ['Alibaba', (signer, proof) => `ACS3-HMAC-SHA256 Credential=${signer},SignedHeaders=host,Signature=${proof}`],
  ['Huawei', (signer, proof) => `SDK-HMAC-SHA256 Access=${signer}, SignedHeaders=host, Signature=${proof}`],
  ['Azure Storage', (signer, proof) => `SharedKey ${signer}:${proof}=`],
  [
    'Azure App Configuration',
    (signer, proof) => `HMAC-SHA256 Credential=${signer}&SignedHeaders=host&Signature=${proof}=`,
  ],
  [
    'Azure Service Bus',
    (signer, proof) => `SharedAccessSignature sr=https%3a%2f%2fa&sig=${proof}%3d&se=17${proof.length}&skn=${signer}`,
  ],
  [
    'Digest',
    (signer, proof) =>
      `Digest username="${signer}", realm="api", nonce="n${proof}", uri="/orders?${proof}", qop=auth, nc=${proof}, cnonce="c${proof}", response="${proof}", opaque="o${proof}"`,
  ],
  [
    'Hawk',
    (signer, proof) =>
      `Hawk id="${signer}", ts="${proof}", nonce="${proof}", hash="${proof}=", ext="${proof}", mac="${proof}="`,
  ],
  [
    'OAuth 1, of an app',
    (signer, proof) =>
      `OAuth oauth_consumer_key="${signer}", oauth_nonce="${proof}", oauth_timestamp="17${proof}", oauth_signature_method="HMAC-SHA1", oauth_signature="${proof}%3D", oauth_version="1.0"`,
  ],
  [
    'OAuth 1, of a user of the same app',
    (signer, proof) =>
      `OAuth realm="", oauth_consumer_key="app", oauth_token="${signer}", oauth_nonce="${proof}", oauth_timestamp="17${proof}", oauth_signature="${proof}%3D"`,
  ],
  [
    'OAuth 1, of an account by its realm',
    (signer, proof) =>
      `OAuth realm="${signer}", oauth_consumer_key="app", oauth_nonce="${proof}", oauth_signature="${proof}%3D"`,
  ],
  [
    'a signature of the Cavage draft',
    (signer, proof) => `Signature keyId="${signer}",created=17${proof},headers="date",signature="${proof}="`,
  ],
  [
    'Akamai EdgeGrid',
    (signer, proof) =>
      `EG1-HMAC-SHA256 client_token=${signer};access_token=a;timestamp=${proof};nonce=${proof};signature=${proof}=`,
  ],
  [
    'Acquia',
    (signer, proof) =>
      `acquia-http-hmac realm="r",id="${signer}",nonce="${proof}",version="2.0",headers="",signature="${proof}="`,
  ],
  ['APIAuth', (signer, proof) => `APIAuth-HMAC-SHA256 ${signer}:${proof}=`],
  ['an HMAC', (signer, proof) => `hmac ${signer}:${proof}:${proof}`],
  [
    'a JSON Web Token for each call',
    (signer, proof) => `Bearer ${jwt({ iss: signer, iat: proof.length, jti: proof })}`,
  ],
];

describe.each(schemes)('%s', (_, value) => {
  let proofs = 0;
  const sign = (signer: string): string => value(signer, `${(++proofs * 7_654_321).toString(36)}aB`);

  test('set by the caller: a pause concerns the next call of the same signer, and none of another', async () => {
    const all = scene();
    await refuse(all, { authorization: sign('AKIDEXAMPLE1') });
    expect(await waits(all, { authorization: sign('AKIDEXAMPLE1') })).toBe(true);
    expect(await waits(all, { authorization: sign('AKIDEXAMPLE2') })).toBe(false);
  });

  test('in a header of another name', async () => {
    const all = scene();
    await refuse(all, { 'x-acme-authorization': sign('AKIDEXAMPLE1') });
    expect(await waits(all, { 'x-acme-authorization': sign('AKIDEXAMPLE1') })).toBe(true);
    expect(await waits(all, { 'x-acme-authorization': sign('AKIDEXAMPLE2') })).toBe(false);
  });
});

describe('a value that names no signer counts as a whole', () => {
  test.each<[string, (sender: string) => string]>([
    ['a token with a colon', (sender) => `Bearer v1:${sender}`],
    ['a token of parts', (sender) => `Token token="${sender}"`],
    ['an opaque OAuth token', (sender) => `OAuth y0_${sender}==`],
    ['a signature alone', (sender) => `HMAC-SHA256 SignedHeaders=host&Signature=${sender}`],
    [
      'a signature and what is the same for all',
      (sender) => `Acme version="1", realm="api", algorithm="x", signature="${sender}"`,
    ],
    ['the role of a guest', (sender) => `Bearer ${jwt({ role: 'guest', iss: 'https://idp.example', jti: sender })}`],
    ['the app that a user logs in by', (sender) => `Bearer ${jwt({ azp: 'web', tid: 'all', jti: sender })}`],
    ['a quoted pair', (sender) => `Digest username="a\\"${sender}", response="r"`],
    ['a number of a token alone', (sender) => `Bearer ${jwt({ jti: sender })}`],
    [
      'a number of a token of one issuer for many',
      (sender) => `Bearer ${jwt({ iss: 'https://idp.example', aud: 'api', jti: sender })}`,
    ],
    ['Basic', (sender) => `Basic ${Buffer.from(`${sender}:x`).toString('base64')}`],
  ])('%s', async (_, value) => {
    const all = scene();
    await refuse(all, { authorization: value('tenant-one') });
    expect(await waits(all, { authorization: value('tenant-two') })).toBe(false);
    expect(await waits(all, { authorization: value('tenant-one') })).toBe(true);
  });
});

test('a signature of RFC 9421 counts by all of its keys, in whatever order they stand', async () => {
  const all = scene();
  const headers = (key: string, time: number): Record<string, string> => ({
    'signature-input': `proxy=();created=${time};keyid="proxy", sig=("@path");keyid="${key}";created=${time}`,
    signature: `sig=:${time}:`,
  });
  await refuse(all, headers('a', 1));
  expect(await waits(all, headers('a', 2))).toBe(true);
  expect(await waits(all, headers('b', 3))).toBe(false);
});

describe('a key in the query', () => {
  const at = (query: string): BeginOptions => ({ url: `${origin}/orders?${query}` });
  const isHeldUp = async (all: Scene, query: string): Promise<boolean> => {
    const begun = await all.begin(at(query));
    const isWaiting = begun.sentAt === undefined;
    await begun.abort();
    return isWaiting;
  };
  const long = (letter: string): string => `AIza${letter.repeat(30)}9`;

  test.each<[string, (sender: string) => string]>([
    ['api_key', (sender) => `page=1&api_key=${sender}`],
    ['apikey', (sender) => `APIKEY=${sender}&page=2`],
    ['access_token', (sender) => `access_token=${sender}`],
    ['appid', (sender) => `appid=${sender}`],
    ['subscription-key', (sender) => `subscription-key=${sender}`],
    ['key, with a value like a key', (sender) => `key=${long(sender)}`],
    ['token, with a value like a key', (sender) => `token=${long(sender)}`],
    ['a signed URL', (sender) => `X-Amz-Credential=AK${sender}%2F20261129%2Fs3&X-Amz-Signature=${Math.random()}`],
  ])('identifies the sender: %s', async (_, query) => {
    const all = scene();
    await (await all.begin(at(query('a')))).answer(refused());
    expect(await isHeldUp(all, query('b'))).toBe(false);
    expect(await isHeldUp(all, query('a'))).toBe(true);
  });

  test.each<[string, string, string]>([
    ['a filter', 'user=1&status=open', 'user=2&status=paid'],
    ['a page', 'page_token=abc123abc123abc123', 'page_token=xyz123xyz123xyz123'],
    ['a page of AWS', 'NextToken=abc123abc123abc123', 'NextToken=xyz123xyz123xyz123'],
    ['the key of an entry', 'key=users/1', 'key=users/2'],
    ['a nonce and a signature', 'nonce=1&timestamp=1&signature=a', 'nonce=2&timestamp=2&signature=b'],
  ])('is not %s', async (_, one, other) => {
    const all = scene();
    await (await all.begin(at(one))).answer(refused());
    expect(await isHeldUp(all, other)).toBe(true);
  });

  test.each(['token', 'key', 'ClientToken'])(
    'is not the %s of a page where a header names the sender',
    async (name) => {
      const all = scene();
      const page = (letter: string, sender: string): BeginOptions => ({
        ...at(`${name}=${long(letter)}`),
        headers: { authorization: `Bearer ${sender}` },
      });
      const isSent = async (options: BeginOptions): Promise<boolean> => {
        const begun = await all.begin(options);
        const { sentAt } = begun;
        await begun.abort();
        return sentAt !== undefined;
      };
      await (await all.begin(page('a', 'ann'))).answer(refused());
      expect(await isSent(page('b', 'ann'))).toBe(false);
      expect(await isSent(page('a', 'bob'))).toBe(true);
    },
  );
});
