import { grpcWeb } from '@holdfast/dialects';
import type { ApiError } from 'holdfast';
import { expect, test } from 'vitest';
import { rejection, scripted } from './support/scripted.ts';

/** A frame of gRPC-Web: its kind, the length, and what it holds. */
function frame(kind: number, text: string): Uint8Array<ArrayBuffer> {
  const content = new TextEncoder().encode(text);
  return new Uint8Array([kind, 0, 0, 0, content.length, ...content]);
}

const type = 'application/grpc-web+proto';
const trailers = frame(0x80, 'grpc-status: 8\r\ngrpc-message: slow%20down\r\n');
const inBase64 = btoa(String.fromCharCode(...trailers));
const answer =
  (body: BodyInit, contentType = type) =>
  () =>
    new Response(body, { headers: { 'content-type': contentType } });

test.each<[string, BodyInit, string]>([
  ['bytes', trailers, type],
  ['base64', inBase64, 'application/grpc-web-text'],
])('trailers in a body without a message are an error: %s', async (_, body, contentType) => {
  const { api, clock } = scripted([answer(body, contentType)], { dialect: grpcWeb(), retry: 0 });
  const error = await clock.run(rejection<ApiError>(api.post('call')));
  expect(error).toMatchObject({ kind: 'rateLimited', error: { code: 'RESOURCE_EXHAUSTED', message: 'slow down' } });
});

test('good trailers, and trailers behind a message, are an answer whose body the caller reads', async () => {
  const message = new Uint8Array([...frame(0, 'hello'), ...trailers]);
  for (const body of [frame(0x80, 'grpc-status:0\r\n'), message]) {
    const { api, clock } = scripted([answer(body)], { dialect: grpcWeb() });
    const response = await clock.run(api.post('call'));
    expect([response.status, new Uint8Array(await response.arrayBuffer())]).toEqual([200, body]);
  }
});

test('a stream of messages is handed on with its first one, and is not read ahead', async () => {
  const body = new ReadableStream({ start: (controller) => controller.enqueue(frame(0, 'hello')) });
  const { api, clock } = scripted([answer(body)], { dialect: grpcWeb() });
  const response = await api.fetch('https://api.example.com/v1/call');
  expect([response.status, clock.now()]).toEqual([200, 0]);
  await response.body?.cancel();
});
