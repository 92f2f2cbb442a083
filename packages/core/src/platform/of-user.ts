/**
 * The platform passes on what a function of the user's throws while a body is read or sent, as it passes on a connection
 * that broke: as the failure of the body, or as the cause of "fetch failed". So such errors are noted where they are
 * thrown.
 */
const ofUser = new WeakSet<object>();

/** The same function. What it throws is known as the user's, in whatever the platform makes of it. */
export function throwingAsUser<A extends unknown[], R>(own: (...given: A) => R): (...given: A) => R {
  return (...given) => {
    try {
      return own(...given);
    } catch (error) {
      if (typeof error === 'object' && error !== null) ofUser.add(error);
      throw error;
    }
  };
}

/** What a function of the user's threw, where it is this error or a cause of it. */
export function userErrorIn(error: unknown): object | undefined {
  let one = error;
  for (let depth = 0; depth < 5 && typeof one === 'object' && one !== null; depth++) {
    if (ofUser.has(one)) return one;
    one = (one as { readonly cause?: unknown }).cause;
  }
  return undefined;
}
