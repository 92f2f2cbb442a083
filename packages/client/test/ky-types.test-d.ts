import type { ResilientClient } from 'holdfast';
import { accept, createResilientClient, failFast, ky, retry } from 'holdfast';
import type { Hooks, KyResponse } from 'ky';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

interface Order {
  readonly id: number;
}

const api = createResilientClient({ baseUrl: 'https://api.example.com/' });

describe('the answer', () => {
  test('is what .json<T>() says, or a method’s own type parameter, or unknown', () => {
    expectTypeOf(api.get('x').json<Order>()).resolves.toEqualTypeOf<Order>();
    expectTypeOf(api.get<Order>('x').json()).resolves.toEqualTypeOf<Order>();
    expectTypeOf(api<Order>('x').json()).resolves.toEqualTypeOf<Order>();
    expectTypeOf(api.post('x').json()).resolves.toBeUnknown();
  });

  test('is what a schema gives', () => {
    const schema = z.object({ id: z.string().transform(Number) });
    expectTypeOf(api.get('x').json(schema)).resolves.toEqualTypeOf<{ id: number }>();
  });

  test('is read by the shortcuts that ky has', () => {
    const call = api.query('x');
    expectTypeOf(call.text()).resolves.toEqualTypeOf<string>();
    expectTypeOf(call.blob()).resolves.toEqualTypeOf<Blob>();
    expectTypeOf(call.arrayBuffer()).resolves.toEqualTypeOf<ArrayBuffer>();
    expectTypeOf(call.formData()).resolves.toEqualTypeOf<FormData>();
    expectTypeOf(call).resolves.toExtend<KyResponse>();
  });
});

describe('the options', () => {
  test('of a call are ky’s, fetch’s and Holdfast’s', () => {
    api.get('x', {
      policies: { 404: accept(), '5xx': retry({ limit: 3 }), network: () => failFast() },
      retry: { limit: 1, methods: ['get'], jitter: true, shouldRetry: async ({ retryCount }) => retryCount < 2 },
      priority: 'high',
      timeout: 500,
      throwHttpErrors: (status) => status > 400,
      searchParams: { a: 1 },
      idempotencyKeys: true,
      context: { own: 1 },
      hooks: { beforeRetry: [() => ky.stop], afterResponse: [() => ky.retry({ delay: 1 })] },
    });
    api.get('x', { retry: 0 });
    // @ts-expect-error a value that is no level
    api.get('x', { policies: { 99999: 'retry' } });
    // @ts-expect-error shared state is configured at the client
    api.get('x', { auth: undefined, retryBudget: false });
    // @ts-expect-error misspelt
    api.get('x', { policiez: {} });
  });

  test('of a runtime are taken where that declares them, as for ky', () => {
    // @ts-expect-error neither ky nor the DOM's type of fetch has this option
    ky.get('x', { dispatcher: {} });
    // @ts-expect-error the same
    api.get('x', { dispatcher: {} });
    const options = { dispatcher: {}, timeout: 1 };
    api.get('x', options);
    ky.get('x', options);
  });

  test('that ky takes are taken, written out or in a variable', () => {
    const hooks: Hooks = { init: [(options) => void options.searchParams] };
    const options = { hooks, headers: { a: '1', b: undefined }, retry: 2, totalTimeout: false } as const;
    expectTypeOf(createResilientClient(options)).toEqualTypeOf<ResilientClient>();
    expectTypeOf(
      createResilientClient(options satisfies Parameters<typeof ky.create>[0]),
    ).toEqualTypeOf<ResilientClient>();
  });
});

describe('an extension', () => {
  test('is a client, made from options or from a function of the parent’s', () => {
    expectTypeOf(api.extend({ auth: undefined, policies: { 404: accept() } })).toEqualTypeOf<ResilientClient>();
    expectTypeOf(
      api.extend((parent) => ({ headers: { ...new Headers(), a: String(parent.baseUrl) } })),
    ).toEqualTypeOf<ResilientClient>();
    // @ts-expect-error a number is no client’s options
    api.extend(() => 1);
  });
});
