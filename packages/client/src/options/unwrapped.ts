import { replaceOption } from '@holdfast/ky';

const replaced = Object.getOwnPropertySymbols(replaceOption({}))[0] as symbol;

/** ky's `replaceOption()` marks values that are not to be merged. */
export function unwrapped<T>(option: T): { readonly value: T; readonly replaces: boolean } {
  const marked = typeof option === 'object' && option !== null && replaced in option;
  return { value: marked ? (option as unknown as { value: T }).value : option, replaces: marked };
}
