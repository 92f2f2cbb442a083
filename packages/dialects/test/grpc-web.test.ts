import { ManualClock } from '@holdfast/core/testing';
import { grpcWeb } from '@holdfast/dialects';
import { createResilientClient, type ResilientClient } from 'holdfast';
import { expect, test } from 'vitest';

const url = 'https://api.example.com/call';
const type = 'application/grpc-web+proto';

/** A frame of gRPC-Web: its kind, the length, and what it holds. */
function frame(kind: number, text: string): Uint8Array<ArrayBuffer> {
  const content = new TextEncoder().encode(text);
  return new Uint8Array([kind, 0, 0, 0, content.length, ...content]);
}

/** A client whose server gives this answer. */
function answeredBy(
  body: BodyInit,
  contentType = type,
): { readonly api: ResilientClient; readonly clock: ManualClock } {
  const clock = new ManualClock();
  const fetch = async (): Promise<Response> => new Response(body, { headers: { 'content-type': contentType } });
  return { api: createResilientClient({ clock, fetch, dialect: grpcWeb(), retry: 0 }), clock };
}

const trailers = frame(0x80, 'grpc-status: 8\r\ngrpc-message: slow%20down\r\n');
const inBase64 = btoa(String.fromCharCode(...trailers));

test.each<[string, BodyInit, string]>([
  ['bytes', trailers, type],
  ['base64', inBase64, 'application/grpc-web-text'],
])('trailers in a body without a message are an error: %s', async (_, body, contentType) => {
  const { api, clock } = answeredBy(body, contentType);
  const error = await clock.run(api.post(url).catch((reason: unknown) => reason));
  expect(error).toMatchObject({ kind: 'rateLimited', error: { code: 'RESOURCE_EXHAUSTED', message: 'slow down' } });
});

test('good trailers, and trailers behind a message, are an answer whose body the caller reads', async () => {
  const message = new Uint8Array([...frame(0, 'hello'), ...trailers]);
  for (const body of [frame(0x80, 'grpc-status:0\r\n'), message]) {
    const { api, clock } = answeredBy(body);
    const response = await clock.run(api.post(url));
    expect([response.status, new Uint8Array(await response.arrayBuffer())]).toEqual([200, body]);
  }
});

test('a stream of messages is handed on with its first one, and is not read ahead', async () => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(frame(0, 'hello')) });
  const { api, clock } = answeredBy(body);
  const response = await api.fetch(url);
  expect([response.status, clock.now()]).toEqual([200, 0]);
  await response.body?.cancel();
});
