import { runInThisContext } from 'node:vm';

/** Far more than any machine needs for work that is proportional to its input, and less than a quadratic search takes. */
const hangMs = 60_000;

/**
 * Runs synchronous work, and throws if it does not end within a minute. Pass enough input that linear work takes moments
 * and quadratic work takes hours; then no machine is too slow to pass.
 */
export function withoutHanging<T>(work: () => T): T {
  const stage = globalThis as unknown as { workWithoutHanging?: () => T };
  stage.workWithoutHanging = work;
  try {
    return runInThisContext('workWithoutHanging()', { timeout: hangMs }) as T;
  } finally {
    delete stage.workWithoutHanging;
  }
}
