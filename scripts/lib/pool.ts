/**
 * Limits how many callers work at a time. A free place goes to the waiting caller with the lowest rank. The returned
 * function gives the place back.
 */
export function pool(places: number): (rank?: number) => Promise<() => void> {
  const waiting: { readonly rank: number; readonly enter: () => void }[] = [];
  let free = places;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next.enter();
    else free += 1;
  };
  return async (rank = 0) => {
    if (free > 0) {
      free -= 1;
      return leave;
    }
    await new Promise<void>((enter) => {
      waiting.push({ rank, enter });
      waiting.sort((one, other) => one.rank - other.rank);
    });
    return leave;
  };
}
