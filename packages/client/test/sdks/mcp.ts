import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { type Pieces, weigh } from './flaky-service.ts';
import type { Sdk } from './sdk.ts';

export const mcp: Sdk = {
  name: '@modelcontextprotocol/sdk',
  // All its requests are POSTs.
  reads: 'POST',
  api: {
    isCall: ({ body }) => body.includes('"tools/call"'),
    async answer(request, response, pieces) {
      // The server offers no stream besides the answers.
      if (request.method === 'GET') return void response.writeHead(405).end();
      const transport = new StreamableHTTPServerTransport({});
      await shop(pieces).connect(transport as Transport);
      const body: unknown = JSON.parse(request.body.toString());
      await transport.handleRequest(Object.assign(response.req, { auth: undefined as never }), response, body);
    },
  },
  async connect(origin, fetch) {
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { fetch }) as Transport);
    const call = (name: string, args: Record<string, string>, signal?: AbortSignal) =>
      client.callTool({ name, arguments: args }, CallToolResultSchema, signal && { signal });
    return {
      read: (signal) => call('order', { id: '42' }, signal),
      write: () => call('place', { item: 'tent' }),
      upload: (text) => call('upload', { text }),
      async stream(taken, enough) {
        const onprogress = ({ message = '' }): void => {
          taken(message);
          if (enough.aborted) void client.close();
        };
        await client.callTool({ name: 'pieces', arguments: {} }, CallToolResultSchema, { onprogress });
      },
      close: () => client.close(),
    };
  },
};

/** A server without sessions: a new one for each request. */
function shop(pieces: Pieces): McpServer {
  const server = new McpServer({ name: 'shop', version: '1.0.0' });
  const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(value) }] });
  server.registerTool('order', { inputSchema: { id: z.string() } }, ({ id }) => text({ id, status: 'paid' }));
  server.registerTool('place', { inputSchema: { item: z.string() } }, ({ item }) => text({ id: '43', item }));
  server.registerTool('upload', { inputSchema: { text: z.string() } }, (given) => text(weigh(given.text)));
  server.registerTool('pieces', { inputSchema: {} }, async (_nothing, { _meta, sendNotification }) => {
    let progress = 0;
    for await (const message of pieces) {
      const params = { progressToken: _meta?.progressToken ?? 0, progress: ++progress, message };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return text('the end');
  });
  return server;
}
