import { createResilientClient, type ResilientClient } from 'holdfast';
import { inject, onTestFinished } from 'vitest';
import type { Seen } from './api-for-pages.ts';

type Options = Parameters<typeof createResilientClient>[0];

/** What a test in a page needs: URLs of the server for this test only, and the requests that the server has seen. */
export interface Page {
  /** The server's second origin. */
  readonly elsewhere: string;
  readonly origin: string;
  /** An origin at which no server listens. */
  readonly dead: string;
  /** A URL, by what a page may see of its answers. */
  url(cors: 'none' | 'plain' | 'exposed', deed: string): string;
  log(): Promise<readonly Seen[]>;
  /** Waits until the server has noticed that the last client has left. */
  left(): Promise<void>;
  push(text: string): Promise<void>;
  /** Ends the last answer. */
  finish(): Promise<void>;
  /** A client without a budget, which is closed when the test ends. */
  client(options?: Options): ResilientClient;
}

let pages = 0;

export function page(): Page {
  const [origin, elsewhere] = inject('apis');
  const id = `${crypto.randomUUID()}-${++pages}`;
  const ask = (what: string): Promise<Response> => fetch(`${origin}/${what}`);
  return {
    origin,
    elsewhere,
    dead: inject('deadApi'),
    url: (cors, deed) => `${origin}/${cors}/${id}/${deed}`,
    log: async () => (await ask(`log/${id}`)).json(),
    left: async () => void (await ask(`left/${id}`)).body?.cancel(),
    push: async (text) => void (await ask(`push/${id}?${encodeURIComponent(text)}`)).body?.cancel(),
    finish: async () => void (await ask(`finish/${id}`)).body?.cancel(),
    client(options) {
      const client = createResilientClient({ retryBudget: false, random: () => 0, ...options });
      onTestFinished(() => client.close());
      return client;
    },
  };
}
