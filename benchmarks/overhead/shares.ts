import { table } from '../lib/write.ts';
import { type Figures, nameOf, type Results } from './measure.ts';

/** The ways of sending that are compared with bare fetch, and their names in the table. */
const ways = {
  fetch: 'bare `fetch`',
  'Holdfast, client.fetch': '`client.fetch`',
  'Holdfast on undici, client.fetch': '**`client.fetch`, straight to undici**',
  Holdfast: '`client.get().json()`',
  'Holdfast on undici': '**`client.get().json()`, straight to undici**',
  'undici.request': '`undici.request`, and nothing else',
};

const columns = (['get', 'post'] as const).flatMap((call) =>
  [1, 50].map((concurrency) => nameOf({ target: 'loopback', call, concurrency })),
);

/** Shares of bare fetch in the same turns, over loopback. */
export function sharesTable(scenarios: Readonly<Record<string, Results>>, share: (of: Figures) => number): string {
  const rows = Object.entries(ways).map(([name, words]) => [
    words,
    ...columns.map((column) => {
      const figures = scenarios[column]?.[name];
      return figures === undefined ? '' : share(figures).toFixed(2);
    }),
  ]);
  return table(['', ...columns.map((column) => column.replace('loopback, ', ''))], rows);
}

export const cpuShare = ({ cpuRatio }: Figures): number => cpuRatio;
export const callsPerSecondShare = ({ wallRatio }: Figures): number => 1 / wallRatio;
