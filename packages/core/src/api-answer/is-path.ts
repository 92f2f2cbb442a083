import type { Path } from './dialect.ts';

/** One step of a path into a JSON value. */
export const stepPattern: RegExp =
  /"([^"]{1,100})"|(\[\*\])|\[(\d{1,5})\]|\[([^\]=^$*]{1,100})(\^=|\$=|\*=|=)([^\]]{0,200})\]|([^.[\]"]+)/g;

/** True if a text is a path that can be followed. */
export function isPath(path: unknown): path is Path {
  if (typeof path !== 'string' || path === '') return false;
  const rest = path.replace(stepPattern, '').replace(/\./g, '');
  return rest === '';
}
