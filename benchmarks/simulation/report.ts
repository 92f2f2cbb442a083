import { table, writeText } from '../lib/write.ts';
import type { Figures } from './figures.ts';
import type { Scenario } from './scenarios.ts';
import { lineChart, sparkline, type Timeline } from './timeline.ts';

/** The result of one rule in a scenario. */
export interface Result {
  readonly figures: Figures;
  readonly timeline: Timeline;
}

/** The results of all rules in one scenario. */
export interface ScenarioResults {
  readonly scenario: Scenario;
  readonly results: readonly Result[];
}

const percent = (share: number): string => (100 * share).toFixed(1);
const seconds = (ms: number | undefined): string => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`);

/** Output for a terminal: a table, and a line of blocks for each rule. */
export function describe({ scenario, results }: ScenarioResults): string {
  const width = Math.max(...results.map(({ timeline }) => timeline.name.length));
  const head = `  ${'rule'.padEnd(width)}  answered during → after  attempts  95 % again  wasted      p99  answered, by the second`;
  const rows = results.map(({ timeline, figures }) =>
    [
      `  ${timeline.name.padEnd(width)}`,
      `${percent(figures.answeredDuring).padStart(9)} % → ${percent(figures.answeredAfter).padStart(5)} %`,
      figures.attemptsPerCall.toFixed(2).padStart(12),
      seconds(figures.backMs).padStart(10),
      `${percent(figures.wasted).padStart(6)} %`,
      `${String(Math.round(figures.p99Ms)).padStart(6)} ms`,
      sparkline(timeline),
    ].join('  '),
  );
  return [`\n${scenario.name}: ${scenario.title} (${scenario.about})\n`, head, ...rows].join('\n');
}

/** The complete tables, as Markdown. */
export function writeTables(all: readonly ScenarioResults[], seed: number): void {
  const sections = all.map(({ scenario, results }) => {
    const rows = results.map(({ timeline, figures }) => [
      timeline.name.startsWith('Holdfast') ? `**${timeline.name}**` : timeline.name,
      `${percent(figures.answeredDuring)} %`,
      `${percent(figures.answeredAfter)} %`,
      figures.attemptsPerCall.toFixed(2),
      seconds(figures.backMs),
      `${percent(figures.wasted)} %`,
      `${Math.round(figures.p99Ms)} ms`,
    ]);
    const head = ['rule', 'answered during', 'after', 'attempts per call', '95 % again', 'wasted work', 'p99'];
    return `## ${scenario.name}: ${scenario.title}\n\nWhat happens: ${scenario.about}.\n\n${table(head, rows)}`;
  });
  const intro =
    `Simulated in virtual time with the seed ${seed}: the same figures on any machine. Rewritten by \`npm run simulate -- --write\`; ` +
    'what they mean: [docs/defaults.md](../../docs/defaults.md). The scenarios from H1 on were held out: nothing was tuned by them, save where that page says so.';
  writeText('benchmarks/results/overload.md', `# Overload\n\n${intro}\n\n${sections.join('\n\n')}\n`);
}

/** The rules that are drawn. More lines could not be told apart. */
const drawn = ['no retry', 'ky, timeouts retried', 'AWS standard', 'opossum', 'hand-glued stack', 'Holdfast', 'yours'];

export function drawing({ scenario, results }: ScenarioResults): string {
  const lines = results.map(({ timeline }) => timeline).filter(({ name }) => drawn.includes(name));
  return lineChart(scenario, lines);
}
