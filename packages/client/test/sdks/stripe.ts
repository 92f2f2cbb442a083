import Stripe from 'stripe';
import { json } from '../support/server.ts';
import { weigh } from './flaky-service.ts';
import { created, plainHttp, sendText } from './plain-http.ts';
import type { Sdk } from './sdk.ts';

export const stripe: Sdk = {
  name: 'stripe',
  sendsCredentials: true,
  sendsKeys: true,
  takesNoSignal: true,
  reads: 'GET',
  api: {
    ...plainHttp,
    answer(request, response, pieces) {
      if (request.path.endsWith('/pdf')) return sendText(response, pieces);
      if (request.method === 'GET') return json(response, 200, { id: 'cus_42', object: 'customer' });
      const text = new URLSearchParams(request.body.toString()).get('description');
      json(response, 200, text === null ? created(request) : { object: 'upload', ...weigh(text) });
    },
  },
  connect(origin, fetch) {
    const { hostname, port } = new URL(origin);
    const payments = new Stripe('sk_own', {
      ...{ protocol: 'http', host: hostname, port, maxNetworkRetries: 0, telemetry: false },
      httpClient: Stripe.createFetchHttpClient(fetch),
    });
    return {
      read: () => payments.customers.retrieve('cus_42'),
      write: () => payments.customers.create({ name: 'Ada' }),
      upload: (description) => payments.customers.create({ description }),
      async stream(taken, enough) {
        const pdf = (await payments.quotes.pdf('qt_1')) as unknown as AsyncIterable<Uint8Array>;
        for await (const chunk of pdf) {
          taken(new TextDecoder().decode(chunk));
          if (enough.aborted) return;
        }
      },
    };
  },
};
