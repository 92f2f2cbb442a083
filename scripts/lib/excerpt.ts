/**
 * The few lines of a tool's output that say what failed. Vitest lists its failures at the end, under a heading. Other
 * tools print little besides their findings, the first one first.
 */
export function excerpt(output: string, mostLines: number): string {
  const lines = output.trimEnd().split('\n');
  const heading = lines.findIndex((line) => /⎯ (Failed|Unhandled) /.test(line));
  const relevant = heading < 0 ? lines : lines.slice(heading).filter((line) => line.trim() !== '');
  if (relevant.length <= mostLines) return relevant.join('\n');
  const half = mostLines / 2;
  const skipped = `… ${relevant.length - mostLines} lines …`;
  return [...relevant.slice(0, half), skipped, ...relevant.slice(-half)].join('\n');
}
