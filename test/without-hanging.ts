import { runInThisContext } from 'node:vm';

/** Far more than any machine needs for work in proportion to its input, and less than a quadratic search takes. */
const hangMs = 60_000;

/**
 * Runs synchronous work, and throws where it does not end within a minute. Give it so much input that work in
 * proportion to its length takes moments, and work by its square takes hours: then no machine is too slow to pass.
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
