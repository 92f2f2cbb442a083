import { createTRPCClient, httpBatchStreamLink, httpLink, splitLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { createHTTPHandler } from '@trpc/server/adapters/standalone';
import { z } from 'zod';
import { type Pieces, weigh } from './flaky-service.ts';
import type { Sdk } from './sdk.ts';

const { procedure, router } = initTRPC.context<{ readonly pieces: Pieces }>().create();
const shop = router({
  order: procedure.input(z.string()).query(({ input }) => ({ id: input, status: 'paid' })),
  place: procedure.input(z.string()).mutation(({ input }) => ({ id: '43', item: input })),
  upload: procedure.input(z.string()).mutation(({ input }) => weigh(input)),
  pieces: procedure.query(async function* ({ ctx }) {
    for await (const piece of ctx.pieces) yield piece;
  }),
});

export const trpc: Sdk = {
  name: '@trpc/client',
  reads: 'GET',
  api: {
    isCall: () => true,
    answer(request, response, pieces) {
      // The body has been read already, so tRPC takes it from the request's `body`.
      Object.assign(response.req, { body: request.body.length > 0 ? request.body.toString() : undefined });
      createHTTPHandler({ router: shop, createContext: () => ({ pieces }) })(response.req, response);
    },
  },
  connect(url, fetch) {
    const ofOne = httpLink({ url, fetch });
    const ofMany = httpBatchStreamLink({ url, fetch });
    const client = createTRPCClient<typeof shop>({
      links: [splitLink({ condition: ({ path }) => path === 'pieces', true: ofMany, false: ofOne })],
    });
    return {
      read: (signal) => client.order.query('42', signal && { signal }),
      write: () => client.place.mutate('tent'),
      upload: (text) => client.upload.mutate(text),
      async stream(taken, enough) {
        const left = new AbortController();
        for await (const piece of await client.pieces.query(undefined, { signal: left.signal })) {
          taken(piece);
          if (enough.aborted) return left.abort();
        }
      },
    };
  },
};
