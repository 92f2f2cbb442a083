// The events that carry the model's words: in a form of its own, and in the forms that three well-known SDKs expect.

/** Writes the parts of a stream. */
export interface Speech {
  readonly begin: string;
  word(word: string, place: number): string;
  readonly end: string;
  /** An error in place of the first event. */
  readonly error: string;
}

const event = (data: unknown, type?: string): string =>
  `${type === undefined ? '' : `event: ${type}\n`}data: ${JSON.stringify(data)}\n\n`;

/** A client can continue after any word, because each has an id. */
const plainSpeech: Speech = {
  begin: '',
  word: (word, place) => `id: ${place}\n${event({ word })}`,
  end: 'data: [DONE]\n\n',
  error: event({ error: { message: 'Overloaded', type: 'overloaded_error' } }, 'error'),
};

const openaiSpeech: Speech = {
  begin: '',
  word: (word, place) =>
    event({ id: 'chat-1', choices: [{ index: 0, delta: { content: `${place > 1 ? ' ' : ''}${word}` } }] }),
  end: 'data: [DONE]\n\n',
  error: event({ error: { message: 'Overloaded', type: 'server_error', code: 'server_is_overloaded' } }),
};

const anthropicEvent = ({ type, ...rest }: { readonly type: string; readonly [name: string]: unknown }): string =>
  event({ type, ...rest }, type);

const anthropicSpeech: Speech = {
  begin: [
    anthropicEvent({
      type: 'message_start',
      message: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
    }),
    anthropicEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ].join(''),
  word: (word, place) =>
    anthropicEvent({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: `${place > 1 ? ' ' : ''}${word}` },
    }),
  end: [
    anthropicEvent({ type: 'content_block_stop', index: 0 }),
    anthropicEvent({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }),
    anthropicEvent({ type: 'message_stop' }),
  ].join(''),
  error: anthropicEvent({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
};

interface RpcCall {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly _meta?: { readonly progressToken?: number }; readonly protocolVersion?: string };
}

/** A tool of an MCP server that reports the words as its progress. */
function mcpSpeech({ id, params }: RpcCall): Speech {
  const rpc = (message: object): string => event({ jsonrpc: '2.0', ...message }, 'message');
  const progressToken = params?._meta?.progressToken ?? 0;
  return {
    begin: '',
    word: (message, progress) =>
      rpc({ method: 'notifications/progress', params: { progressToken, progress, message } }),
    end: rpc({ id, result: { content: [{ type: 'text', text: 'the end' }] } }),
    error: rpc({ id, error: { code: -32_603, message: 'Overloaded' } }),
  };
}

/** The answer to a request: a stream, or a complete answer. */
export function speechFor(path: string, body: string): Speech | { readonly status: number; readonly json?: unknown } {
  if (path === '/v1/chat/completions') return openaiSpeech;
  if (path === '/v1/messages') return anthropicSpeech;
  if (path !== '/mcp') return plainSpeech;
  if (body === '') return { status: 405 };
  const call = JSON.parse(body) as RpcCall;
  if (call.method === 'tools/call') return mcpSpeech(call);
  if (call.method !== 'initialize') return { status: 202 };
  const result = {
    protocolVersion: call.params?.protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'model', version: '1.0.0' },
  };
  return { status: 200, json: { jsonrpc: '2.0', id: call.id, result } };
}
