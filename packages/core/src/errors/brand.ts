const brand = Symbol.for('holdfast.error');

/** Marks a class as one of Holdfast's errors, across copies of the package. */
export function putBrand(prototype: object): void {
  Object.defineProperty(prototype, brand, { value: true });
}

/** Is a value an error of Holdfast, or a `TypeError` that carries one? Never throws. */
export function hasBrand(error: unknown): boolean {
  try {
    return typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true;
  } catch {
    return false;
  }
}
