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
    ['a key', (tenant) => ({ 'x-acme-key': `k-1234567890${tenant}` })],
    ['a customer', (tenant) => ({ 'x-customer-no': `100000000${tenant}` })],
    ['a cookie', (tenant) => ({ cookie: `sid=123456789012${tenant}` })],
    ['a word under a name that tells nothing', (tenant) => ({ 'x-acme': `blue-${tenant}` })],
    ['the subject of a token', (tenant) => ({ authorization: `Bearer ${jwt({ sub: `u${tenant}`, iat: 1 })}` })],
    ['the key of a DPoP proof', (tenant) => ({ dpop: jwt({ jti: '1' }, { typ: 'dpop+jwt', jwk: { x: tenant } }) })],
    ['the key of a signature', (tenant) => ({ 'signature-input': `s=();created=1;keyid="k${tenant}"` })],
    ['what begins like a token, and is none', (tenant) => ({ authorization: `Bearer eyJ9.%%${tenant}.x` })],
  ])('%s, however many of them are refused', async (_, headers) => {
    const all = scene();
    for (const tenant of [1, 2, 3, 4, 5]) await refuse(all, headers(tenant));
    expect(await waits(all, headers(6))).toBe(false);
    expect(await waits(all, headers(3))).toBe(true);
  });

  test('a hundred of them, under a name that tells nothing', async () => {
    const all = scene();
    const headers = (tenant: number): Record<string, string> => ({ 'x-clinic-id': `clinic-${100_000 + tenant}` });
    for (let tenant = 0; tenant < 100; tenant++) await refuse(all, headers(tenant));
    expect(await waits(all, headers(100))).toBe(false);
    expect(await waits(all, headers(0))).toBe(true);
  });
});
