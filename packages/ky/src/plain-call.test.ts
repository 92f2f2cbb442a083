import { expect, test } from 'vitest';
import type { KyCall, KyPort } from './ky-port.ts';
import { HTTPError, ky } from './kys-own.ts';
import { kyBase, plainCall } from './plain-call.ts';

/** Calls once, and returns the statuses about which ky asked the port. */
async function statusesAsked(before: (call: KyCall) => void): Promise<readonly number[]> {
  const asked: number[] = [];
  let ofKy: KyCall | undefined;
  const port: Partial<KyPort> = {
    async send() {
      before(ofKy as KyCall);
      return new Response(null, { status: 404 });
    },
    throws(status) {
      asked.push(status);
      return true;
    },
  };
  const answer = plainCall(kyBase(ky), 'https://api.example.com/', {}, (call) => {
    ofKy = call;
    return port as KyPort;
  });
  await expect(answer).rejects.toBeInstanceOf(HTTPError);
  return asked;
}

test('the port is asked whether a final status is thrown', async () => {
  expect(await statusesAsked(() => undefined)).toEqual([404]);
});

test('a port that was released is not asked, since ky keeps no link to it', async () => {
  expect(await statusesAsked(({ release }) => release?.())).toEqual([]);
});
