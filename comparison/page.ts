import { readFileSync } from 'node:fs';
import type { Contender } from './contender.ts';
import type { Cell, Probe } from './probe.ts';

export interface Row {
  readonly probe: Probe;
  /** One for each contender, in order. */
  readonly cells: readonly Cell[];
}

/** The names of the rules on the page. */
const rules: Readonly<Record<number, string>> = {
  1: 'who aborted',
  2: 'a timeout ends at the headers',
  3: 'discard before the wait',
  4: 'server timing',
  5: 'safe to send again?',
  6: 'one refresh',
  7: 'what a circuit counts',
  8: 'a budget of retries',
  9: 'waiting is bounded',
  10: 'secrets',
  11: 'listeners cannot break a call',
  12: 'one 429 pauses all calls',
  13: 'retries do not multiply',
  14: 'nothing is left over',
};

/** ✓ and ✗ say whether the rule was kept; – means that there is nothing to judge. */
export function cellText({ fact, good }: Cell): string {
  return `${good === undefined ? '–' : good ? '✓' : '✗'} ${fact}`;
}

export function pageFrom(contenders: readonly Contender[], rows: readonly Row[]): string {
  const table = (some: readonly Row[]): string =>
    [
      `| | ${contenders.map(({ name }) => name).join(' | ')} |`,
      `|---|${contenders.map(() => '---').join('|')}|`,
      ...some.map(({ probe, cells }) => `| ${titleOf(probe)} | ${cells.map(cellText).join(' | ')} |`),
    ].join('\n');
  return `# Comparison with other clients

How five clients behave in the same situations. Each row is a probe ([comparison/probes](../comparison/probes)) that was
run against each of them, with a real server on loopback, and each cell is what it measured. \`npm test -- comparison\`
runs them all again and compares; with \`--update\` it writes this page.

Each client was set up as its documentation recommends, with two retries and a short backoff, and with its own features for
the subject of the row ([comparison/contenders](../comparison/contenders)): time limits, \`Retry-After\`, a hook or an
interceptor for the refresh, a breaker and a bulkhead. Holdfast's circuit, which is on by default, is off in rows that are
not about it. ✓ and ✗ say whether the client follows the rule in brackets; – means that it has no such feature, or that
there is nothing to judge. A ✗ was measured three times.

Versions: ${versions(contenders)}.

## Behaviour

${table(rows.filter(({ probe }, index) => probe.rule !== undefined || index < 2))}

## What it costs

${table(rows.filter(({ probe }, index) => probe.rule === undefined && index >= 2))}

In the first row, and in the rows of fifty calls above, a [retry budget](policies.md#the-budget-and-its-price) could refuse
retries that would help. Holdfast's budget does not, as long as retries help: an answer brings back what the retries took.

## What is not compared

got has HTTP/2, cookies, pagination and Unix sockets; axios runs on platforms without fetch; cockatiel wraps any function, not
only requests. If you need these, use them. ky is inside Holdfast, which uses it to build requests: if you have none of the
problems above, ky alone is enough. Speed is measured in [the benchmarks](performance.md).
`;
}

function titleOf({ rule, title }: Probe): string {
  return rule === undefined ? title : `${title} (*${rules[rule]}*)`;
}

function versions(contenders: readonly Contender[]): string {
  const manifest = (name: string): { version: string } =>
    JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8'));
  const others = contenders.flatMap(({ packages }) => packages).filter((name) => name !== 'holdfast');
  return [
    ...others.map((name) => `${name} ${manifest(name).version}`),
    `Node ${process.versions.node.split('.')[0]}`,
  ].join(', ');
}
