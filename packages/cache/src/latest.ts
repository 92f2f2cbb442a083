/** Which names have changed last, in a bounded memory that never forgets in the wrong direction. */
export interface Latest {
  /** Counts the changes. */
  now(): number;
  note(name: string): void;
  /** Has it changed since `now()` gave that? Also where that is not known any more. */
  hasChanged(name: string, since: number): boolean;
}

const mostNames = 10_000;

export function latest(): Latest {
  let count = 0;
  /** All changes up to this one may be forgotten. */
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
