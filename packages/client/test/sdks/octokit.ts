import { Octokit } from '@octokit/core';
import { plainHttp, readText } from './plain-http.ts';
import type { Sdk } from './sdk.ts';

export const octokit: Sdk = {
  name: '@octokit/core',
  api: plainHttp,
  reads: 'GET',
  connect(origin, fetch) {
    const github = new Octokit({ baseUrl: origin, request: { fetch } });
    return {
      read: (signal) => github.request('GET /orders/{id}', { id: 42, ...(signal && { request: { signal } }) }),
      write: () => github.request('POST /orders', { item: 'tent' }),
      upload: (data) => github.request('POST /upload', { data, headers: { 'content-type': 'text/plain' } }),
      async stream(taken, enough) {
        const { data } = await github.request('GET /stream', { request: { parseSuccessResponseBody: false } });
        await readText(data, taken, enough);
      },
    };
  },
};
