import { firstFound, firstOf, isObject, type Members, membersOf, textOf } from './members.ts';

/** Names that say where the problem is, whatever else the entry holds. */
const ownNames = [
  'path',
  'propertypath',
  'field',
  'param',
  'parameter',
  'loc',
  'pointer',
  'property',
  'attribute',
  'fields',
  'fieldname',
  'propertyname',
  'parametername',
  'argumentname',
  'errorpath',
  'instancepath',
  'membernames',
];
/** Names that any object may have. */
const vagueNames = ['target', 'name', 'location', 'expression'];
/** Members that describe the place by an object of their own, as `{source: {pointer}}` and `{meta: {param_name}}` do. */
const places = ['source', 'context', 'meta', 'extensions', 'target'];
const placeNames = ['pointer', 'parameter', 'propertyname', 'paramname', 'parametername', 'fieldname', 'field'];

/** The name of an error, and not that of a field: `ValidationError`, `TRACKING_NOT_FOUND`. */
const errorName = /[a-z](?:Error|Exception|Fault)$|^[A-Z][A-Z\d]*(?:_[A-Z\d]+)+$/;
const noPath = /^(?:n\/?a|none|null|-)$/i;

/** Where the problem is that an entry describes: a path with dots. */
export function pathOf(members: Members): string | undefined {
  const inPlace = (place: string): string | undefined =>
    firstOf(membersOf(members.get(place)), place === 'target' ? [...placeNames, 'name'] : placeNames, toPath);
  return (
    firstOf(members, ownNames, toPath) ??
    firstOf(members, vagueNames, toVaguePath(members)) ??
    firstFound(places, inPlace)
  );
}

/** True if an entry says where the problem is under a name that means nothing else. */
export function hasOwnPath(members: Members): boolean {
  return firstOf(members, ownNames, toPath) !== undefined;
}

/** The same, unless the path is that of the request, as many frameworks name it. */
export function isPlaced(members: Members): boolean {
  return hasOwnPath(members) && !/^\//.test(textOf(members.get('path')) ?? '');
}

function toVaguePath(members: Members): (value: unknown, name: string) => string | undefined {
  return (value, name) => {
    const path = toPath(value);
    if (path === undefined) return undefined;
    if (name === 'name' && errorName.test(path)) return undefined;
    // A list of paths; a text may be any expression.
    if (name === 'expression' && !Array.isArray(value)) return undefined;
    const kind = name === 'location' ? textOf(members.get('locationtype')) : undefined;
    return kind !== undefined && kind !== 'parameter' ? undefined : path;
  };
}

/** `#/items/0/name`, `['items', 0, 'name']` and `items.0.name` are one path. */
function toPath(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const [first] = value;
    if (isObject(first)) return textOf(membersOf(first).get('name'), 200);
    const parts = value.slice(0, 20).filter((part) => typeof part === 'string' || typeof part === 'number');
    return parts.length === 0 ? undefined : parts.join('.').slice(0, 200);
  }
  const path = textOf(value, 200);
  if (path === undefined || noPath.test(path) || /^[{[]\s*["{]/.test(path)) return undefined;
  if (!/^#?\//.test(path)) return path;
  const parts = path.replace(/^#?\/|\/$/g, '').split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}
