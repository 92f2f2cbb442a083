/**
 * Gives a place to each caller, a fixed number at a time, to the lowest rank first. A place is given back by calling
 * the returned function.
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
