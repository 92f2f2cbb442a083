import { table, writeBlock } from '../lib/write.ts';
import type { Figures } from './figures.ts';
import { heldOut } from './held-out.ts';
import type { ScenarioResults } from './report.ts';

/** The tables about overload in `docs/defaults.md`. */
export function writeDefaultsTables(all: readonly ScenarioResults[]): void {
  const isHeldOut = ({ scenario }: ScenarioResults): boolean => heldOut.includes(scenario);
  const tuned = all.filter((one) => !isHeldOut(one));
  const others = all.filter(isHeldOut);
  const heads = ['scenario', 'no retry', 'best other rule', 'Holdfast', 'again'];
  writeBlock('docs/defaults.md', 'overload', table(heads, tuned.map(tunedRow)));
  const compared = ['no retry', 'AWS standard', 'hand-glued stack'];
  const rows = others.map((one) => [
    titleOf(one),
    ...compared.map((name) => shown(figuresOf(one, name))),
    `**${shown(figuresOf(one, 'Holdfast'))}**`,
  ]);
  writeBlock('docs/defaults.md', 'held-out', table(['scenario', ...compared, 'Holdfast'], rows));
}

function tunedRow(one: ScenarioResults): string[] {
  const ours = figuresOf(one, 'Holdfast');
  const best = bestOther(one);
  const again = ours.backMs === undefined ? 'never' : `${(ours.backMs / 1000).toFixed(1)} s`;
  return [
    titleOf(one),
    shown(figuresOf(one, 'no retry')),
    `${shown(best.figures)} (${best.timeline.name})`,
    `**${shown(ours)}**`,
    again,
  ];
}

/**
 * The rule that answers most calls afterwards. Among equals, the one that answers most during the trouble, then the one
 * with the fewest attempts.
 */
function bestOther({ results }: ScenarioResults): ScenarioResults['results'][number] {
  const others = results.filter(({ timeline }) => !['oracle', 'no retry', 'Holdfast'].includes(timeline.name));
  const [best] = others.sort(({ figures: one }, { figures: other }) => {
    const after = whole(other.answeredAfter) - whole(one.answeredAfter);
    const during = whole(other.answeredDuring) - whole(one.answeredDuring);
    return after || during || one.attemptsPerCall - other.attemptsPerCall;
  });
  if (!best) throw new Error('there is no other rule');
  return best;
}

function figuresOf({ scenario, results }: ScenarioResults, rule: string): Figures {
  const found = results.find(({ timeline }) => timeline.name === rule);
  if (!found) throw new Error(`${scenario.name} was not simulated by ${rule}`);
  return found.figures;
}

function titleOf({ scenario }: ScenarioResults): string {
  return `${scenario.name} ${scenario.title}`;
}

function shown({ answeredDuring, answeredAfter, attemptsPerCall }: Figures): string {
  return `${whole(answeredDuring)} → ${whole(answeredAfter)} · ${attemptsPerCall.toFixed(2)}`;
}

function whole(share: number): number {
  return Math.round(100 * share);
}
