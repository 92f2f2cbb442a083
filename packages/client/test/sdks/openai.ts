import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { json } from '../support/server.ts';
import { type Pieces, weigh } from './flaky-service.ts';
import { created } from './plain-http.ts';
import type { Sdk } from './sdk.ts';

const question = { model: 'm', messages: [{ role: 'user' as const, content: 'hello' }] };

export const openai: Sdk = {
  name: 'openai',
  sendsCredentials: true,
  reads: 'GET',
  api: {
    isCall: () => true,
    answer(request, response, pieces) {
      if (request.path === '/v1/files') return json(response, 200, weigh(fileIn(request.body.toString('latin1'))));
      if (request.method === 'GET')
        return json(response, 200, { id: 'm', object: 'model' }, { 'x-request-id': 'req_2' });
      if (request.body.includes('"stream":true')) return sendEvents(response, pieces);
      json(response, 200, created(request), { 'x-request-id': 'req_2' });
    },
  },
  connect(origin, fetch) {
    const ai = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'sk-own', maxRetries: 0, fetch });
    return {
      read: (signal) => ai.models.retrieve('m', { signal }),
      write: () => ai.chat.completions.create(question),
      upload: (text) => ai.files.create({ file: new File([text], 'orders.txt'), purpose: 'batch' }),
      async stream(taken, enough) {
        const events = await ai.chat.completions.create({ ...question, stream: true });
        for await (const { choices } of events) {
          taken(choices[0]?.delta.content ?? '');
          if (enough.aborted) return;
        }
      },
    };
  },
};

async function sendEvents(response: ServerResponse, pieces: Pieces): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for await (const content of pieces) {
    response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

/** The file part of a multipart body. */
function fileIn(multipart: string): string {
  return /filename="orders\.txt".*?\r\n\r\n(.*?)\r\n--/s.exec(multipart)?.[1] ?? '';
}
