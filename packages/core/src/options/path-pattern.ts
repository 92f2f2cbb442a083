import { OptionError } from './validate.ts';

/** Tests whether a path matches. */
export interface PathPattern {
  test(path: string): boolean;
}

/**
 * A pattern for a path: `*` is one segment or a part of one, `**` any number, `:id` one segment; or a regular expression.
 *
 * A path may come from a hostile caller, and a regular expression with several wildcards takes time by the square of its
 * length, or worse. So such a pattern is matched by walking the path once with all the places where the pattern may stand.
 */
export function pathPattern(path: string | RegExp, where: string): PathPattern {
  if (path instanceof RegExp) return new RegExp(path.source, path.flags.replace(/[gy]/g, ''));
  if (typeof path !== 'string') throw new OptionError(where, path, "must be a pattern such as '/orders/*' or a RegExp");
  const tokens = path.split(/(\*\*|\*|:\w+)/);
  const wildcards = tokens.filter((_, index) => index % 2 === 1);
  // A pattern of whole segments cannot match in two ways, so a regular expression takes linear time.
  const isPlain = !wildcards.includes('**') && /^(?:\/(?:\*|:\w+|[^*:/]*))*$/.test(path);
  return isPlain || wildcards.length < 2 ? expressionOf(tokens) : { test: (given) => walk(stepsOf(tokens), given) };
}

function expressionOf(tokens: readonly string[]): RegExp {
  const source = tokens.map((token, index) =>
    index % 2 === 0 ? token.replace(/[.+?^${}()|[\]\\*:]/g, '\\$&') : token === '**' ? '.*' : '[^/]+',
  );
  return new RegExp(`^${source.join('')}/?$`);
}

/** A step of a pattern: it takes one character, or as many as it can take if it repeats. */
interface Step {
  readonly repeats: boolean;
  takes(character: string): boolean;
}

const isAny = (): boolean => true;
const isOfSegment = (character: string): boolean => character !== '/';

function stepsOf(tokens: readonly string[]): readonly Step[] {
  return tokens.flatMap((token, index): Step[] => {
    if (index % 2 === 0) return token.split('').map((own) => ({ repeats: false, takes: (given) => given === own }));
    if (token === '**') return [{ repeats: true, takes: isAny }];
    return [
      { repeats: false, takes: isOfSegment },
      { repeats: true, takes: isOfSegment },
    ];
  });
}

/**
 * This takes at most as many comparisons as the path has characters, times the pattern's steps. One slash at the end of
 * the path may remain unmatched.
 */
function walk(steps: readonly Step[], path: string): boolean {
  let places = reach(steps, new Set([0]));
  for (let index = 0; index < path.length; index++) {
    const character = path.charAt(index);
    if (index === path.length - 1 && character === '/' && places.has(steps.length)) return true;
    const next = new Set<number>();
    for (const place of places) {
      const step = steps[place];
      if (step?.takes(character)) next.add(step.repeats ? place : place + 1);
    }
    places = reach(steps, next);
    if (places.size === 0) return false;
  }
  return places.has(steps.length);
}

/** A step that repeats may match nothing. */
function reach(steps: readonly Step[], places: Set<number>): Set<number> {
  for (const place of places) if (steps[place]?.repeats) places.add(place + 1);
  return places;
}
