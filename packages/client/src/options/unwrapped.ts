import { isMarked } from '@holdfast/ky';

/** The option's value: ky's `replaceOption()` marks values that are not to be merged. */
export function unwrapped<T>(option: T): { readonly value: T; readonly replaces: boolean } {
  const replaces = isMarked(option);
  return { value: replaces ? (option.value as T) : option, replaces };
}
