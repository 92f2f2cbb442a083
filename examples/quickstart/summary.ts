import { paint, visibleLength } from './paint.ts';

export interface SummaryRow {
  readonly name: string;
  /** `answered`, or the name of the error. */
  readonly ended: string;
  readonly asPlanned: boolean;
  /** Requests, as the server counted them. */
  readonly attempts: number;
  readonly retries: number;
  readonly refreshes: number;
  readonly durationMs: number;
}

const columns = [26, 30, 10, 9, 11, 10];

/** Prints one line for each call, and the sums. The time is real time. */
export function printSummary(rows: readonly SummaryRow[], elapsedMs: number): void {
  const rule = ` ${'─'.repeat(columns.reduce((sum, width) => sum + width))}`;
  console.log(`\n${paint('bold', cells(['Call', 'Ended', 'Attempts', 'Retries', 'Refreshes', 'Time']))}`);
  console.log(paint('dim', rule));
  for (const row of rows) {
    const sign = row.asPlanned ? '' : ' (!)';
    const ended = paint(row.asPlanned ? (row.ended === 'answered' ? 'green' : 'yellow') : 'red', row.ended + sign);
    console.log(cells([row.name, ended, ...numbers(row)]));
  }
  const sum = (count: (row: SummaryRow) => number): number => rows.reduce((total, row) => total + count(row), 0);
  const total = {
    attempts: sum((row) => row.attempts),
    retries: sum((row) => row.retries),
    refreshes: sum((row) => row.refreshes),
    durationMs: elapsedMs,
  };
  console.log(paint('dim', rule));
  console.log(paint('bold', cells([`${rows.length} calls`, '', ...numbers(total)])));
}

function numbers(row: Pick<SummaryRow, 'attempts' | 'retries' | 'refreshes' | 'durationMs'>): string[] {
  return [row.attempts, row.retries || '·', row.refreshes || '·', `${Math.round(row.durationMs)} ms`].map(String);
}

/** Aligns texts to the left, and numbers to the right. */
function cells(texts: readonly string[]): string {
  const padded = texts.map((text, index) => {
    const space = ' '.repeat(Math.max(0, (columns[index] ?? 0) - visibleLength(text)));
    return index < 2 ? text + space : space + text;
  });
  return ` ${padded.join('')}`;
}
