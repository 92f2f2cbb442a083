/**
 * Remembers which names have changed last. The memory is bounded: where it has forgotten a name, it says that the name
 * has changed.
 */
export interface Latest {
  /** Counts the changes. */
  now(): number;
  note(name: string): void;
  /** Has the name changed since `now()` returned that number? True as well if that is not known any more. */
  hasChanged(name: string, since: number): boolean;
}

const mostNames = 10_000;

export function latest(): Latest {
  let count = 0;
  /** Changes up to this number may have been forgotten. */
  let forgotten = 0;
  const names = new Map<string, number>();
  return {
    now: () => count,
    note(name) {
      names.delete(name);
      names.set(name, ++count);
      if (names.size <= mostNames) return;
      const [oldest = '', number = 0] = names.entries().next().value ?? [];
      names.delete(oldest);
      forgotten = number;
    },
    hasChanged: (name, since) => forgotten > since || (names.get(name) ?? 0) > since,
  };
}
