import { type Dialect, readApiAnswer } from '@holdfast/core';
import { apiError } from '@holdfast/testing';
import { expect, test } from 'vitest';

/** How an API reports errors, and the body that an error has there. */
const cases: readonly (readonly [name: string, status: number, dialect: Omit<Dialect, 'name'>, body: unknown])[] = [
  [
    'no place named',
    422,
    {},
    { code: 'C1', message: 'No', type: 't', request_id: 'r1', errors: [{ path: 'a', message: 'bad' }] },
  ],
  [
    'facts beside the code',
    429,
    { error: { code: ['error.code'], requestId: [{ header: 'x-id' }] } },
    { error: { code: 'C1', message: 'No', type: 't', errors: [{ path: 'a', message: 'bad' }] } },
  ],
  [
    'a list at the root',
    400,
    { error: { code: ['[0].errorCode'], message: ['[0].message'] } },
    [
      {
        errorCode: 'C1',
        message: 'No',
        type: 't',
        request_id: 'r1',
        errors: [{ path: 'a', message: 'bad' }],
      },
    ],
  ],
  [
    'a success that is an error',
    200,
    { error: { code: ['details[@type$=Info].reason', 'error'] }, failure: { when: { path: 'ok', is: false } } },
    { ok: false, error: 'C1', message: 'No', type: 't', request_id: 'r1', errors: [{ path: 'a', message: 'bad' }] },
  ],
];

test.each(cases)('an error in a dialect with %s has its shape, and is read back', async (_, status, parts, body) => {
  const dialect: Dialect = { name: 'own', ...parts };
  const facts = { code: 'C1', message: 'No', type: 't', requestId: 'r1', issues: [{ path: 'a', message: 'bad' }] };
  const answer = apiError(status, { ...facts, dialect });
  if (typeof answer !== 'function') throw new Error('no function');
  const response = await answer(new Request('https://api.example.com/'), undefined as never);
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(JSON.parse(text)).toEqual(body);
  const read = readApiAnswer({ status, headers: response.headers, text, wallNowMs: 0 }, [dialect]);
  expect(read).toMatchObject({ code: 'C1', message: 'No', requestId: 'r1', issues: [{ path: 'a', message: 'bad' }] });
});
