import { writeDocumented } from '../documented.ts';
import type { Job } from '../job.ts';

export const query: Job = {
  name: 'query',
  title: 'TanStack Query, SWR, RTK Query, Apollo Client',
  packages: {
    '@tanstack/query-core': '5.108.4',
    swr: '2.5.1',
    '@reduxjs/toolkit': '2.15.0',
    '@apollo/client': '4.3.8',
    graphql: '16.15.0',
    rxjs: '7.8.2',
    react: '19.3.1',
    'react-dom': '19.3.1',
    'happy-dom': '21.0.4',
  },
  shown: ['@tanstack/query-core', 'swr', '@reduxjs/toolkit', '@apollo/client'],
  note: 'by the code of [query libraries](query-libraries.md)',
  async run({ folder, server, command, holds }) {
    writeDocumented('docs/query-libraries.md', folder);
    const output = await command(['node', 'try.mjs', server.url]);
    const seen = JSON.parse(output.slice(output.lastIndexOf('RESULT ') + 7)) as Readonly<Record<string, string>>;
    const names = ['tanstack', 'swr', 'rtk', 'apollo'];
    holds(
      'each sends three requests to a server that answers 503, not twelve; the error is the typed one',
      names.map((name) => [seen[name], server.count(name)]),
      names.map(() => ['ServiceUnavailableError', 3]),
    );
  },
};
