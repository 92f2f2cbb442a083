import createClient from 'openapi-fetch';
import { plainHttp, readText } from './plain-http.ts';
import type { Sdk } from './sdk.ts';

/** Types as openapi-typescript would generate them. */
interface Paths {
  '/orders/{id}': {
    get: {
      parameters: { path: { id: number } };
      responses: { 200: { content: { 'application/json': { id: string } } } };
    };
  };
  '/orders': {
    post: {
      requestBody: { content: { 'application/json': { item: string } } };
      responses: { 201: { content: { 'application/json': { id: string } } } };
    };
  };
  '/upload': {
    post: {
      requestBody: { content: { 'text/plain': string } };
      responses: { 200: { content: { 'application/json': { bytes: number } } } };
    };
  };
  '/stream': { get: { responses: { 200: { content: { 'text/plain': string } } } } };
}

export const openapiFetch: Sdk = {
  name: 'openapi-fetch',
  api: plainHttp,
  reads: 'GET',
  sendsRequests: true,
  connect(origin, fetch) {
    const shop = createClient<Paths>({ baseUrl: origin, fetch });
    return {
      read: (signal) => dataOf(shop.GET('/orders/{id}', { params: { path: { id: 42 } }, ...(signal && { signal }) })),
      write: () => dataOf(shop.POST('/orders', { body: { item: 'tent' } })),
      upload: (body) => dataOf(shop.POST('/upload', { body, bodySerializer: (text: string) => text })),
      async stream(taken, enough) {
        const { data } = await shop.GET('/stream', { parseAs: 'stream' });
        await readText(data as ReadableStream<Uint8Array>, taken, enough);
      },
    };
  },
};

/** openapi-fetch returns errors. Here they are thrown, with all that they contain. */
async function dataOf(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<unknown> {
  const { data, error, response } = await call;
  if (error !== undefined) throw Object.assign(new Error('an error'), { error, response });
  return { data, response };
}
