import type { Dialect } from '@holdfast/core';

/** The facts of an error, by their names in a dialect. */
export type Facts = Readonly<Record<string, unknown>>;

/** An error as an API would send it. */
export interface Spoken {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

type Where = string | { readonly header: string };
type Node = { [key: string | number]: unknown };

/**
 * Puts the facts of an error where a dialect finds them. A fact for which the dialect names no place is put next to the
 * code, as in most APIs, or else at the root.
 */
export function speak(facts: Facts, { error = {}, failure }: Dialect): Spoken {
  const headers: Record<string, string> = {};
  const root: Node = {};
  const places = error as Readonly<Record<string, readonly Where[] | undefined>>;
  const beside = parentOf([places['code'], places['message']].flatMap((list) => list ?? []));
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue;
    const where = places[name]?.find(canHold) ?? `${beside}${plainNames[name] ?? name}`;
    if (typeof where === 'string') put(root, where, value);
    else headers[where.header] = String(value);
  }
  const { path, is, header } = failure?.when ?? {};
  if (path !== undefined && is !== undefined && canHold(path)) put(root, path, is);
  if (header !== undefined && facts['code'] !== undefined) headers[header] ??= String(facts['code']);
  const list = root['[]'];
  return { body: list ?? root, headers };
}

const plainNames: Readonly<Record<string, string>> = { requestId: 'request_id', helpUrl: 'documentation_url' };

/** A path of members and list positions; a path that searches a list does not say where to put a value. */
function canHold(where: Where): boolean {
  return typeof where !== 'string' || /^(?:[^.[\]"]+|\[\d+])(?:\.[^.[\]"]+|\[\d+])*$/.test(where);
}

function parentOf(places: readonly Where[]): string {
  const body = places.find((where): where is string => typeof where === 'string' && canHold(where));
  const at = body?.lastIndexOf('.') ?? -1;
  return body === undefined || at < 0 ? '' : body.slice(0, at + 1);
}

function put(root: Node, path: string, value: unknown): void {
  const steps = path.match(/\[\d+]|[^.[\]]+/g) ?? [];
  let node = root;
  let key: string | number = '[]';
  let isRoot = true;
  for (const step of steps) {
    const index = step.startsWith('[') ? Number(step.slice(1, -1)) : undefined;
    if (!isRoot || index !== undefined) {
      const next = (node[key] ?? (index === undefined ? {} : [])) as Node;
      // A value that is there already, such as a text, is not replaced.
      if (typeof next !== 'object') return;
      node[key] = next;
      node = next;
    }
    isRoot = false;
    key = index ?? step;
  }
  node[key] ??= value;
}
