import { given, type Incident, redactText, redactUrl } from '@holdfast/core/internal';

/** What a status page says, in the client's own form. */
export interface StatusReport {
  /** One sentence, such as `All Systems Operational`. */
  readonly description: string;
  /** The most serious incident that is open, or the maintenance that is under way. */
  readonly incident?: Incident;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads Statuspage's public `summary.json` or `status.json`, which other services offer as well. Members that are
 * missing or of another type are left out, and lengths are bounded: the page comes from a third party.
 *
 * @throws TypeError for anything else.
 */
export function readStatusPage(text: string): StatusReport {
  const root = objectOf(JSON.parse(text));
  const status = objectOf(root['status']);
  const description = words(status['description'], 200);
  const indicator = words(status['indicator'], 40);
  if (description === undefined && indicator === undefined) throw new TypeError('it has no status.description');
  const open = [
    ...listOf(root['incidents']).filter((one) => !isOver.has(String(one['status']))),
    ...listOf(root['scheduled_maintenances']).filter((one) => isUnderWay.has(String(one['status']))),
  ].flatMap(incidentOf);
  const [gravest] = open.sort((a, b) => gravity(b) - gravity(a) || (b.startedAt ?? 0) - (a.startedAt ?? 0));
  const said = description ?? indicator ?? '';
  const incident =
    gravest ?? (indicator === undefined || indicator === 'none' ? undefined : unnamed(root, said, indicator));
  return given({ description: said, incident });
}

const isOver: ReadonlySet<string> = new Set(['resolved', 'postmortem', 'completed']);
const isUnderWay: ReadonlySet<string> = new Set(['in_progress', 'verifying']);
const impacts = ['none', 'maintenance', 'minor', 'major', 'critical'];

function gravity({ impact }: Incident): number {
  return impacts.indexOf(impact ?? '');
}

/** `status.json` names no incident; it only says how serious the problem is. */
function unnamed(root: Json, title: string, impact: string): Incident {
  return Object.freeze(given({ title, impact, url: link(objectOf(root['page'])['url']) }));
}

function incidentOf(one: Json): readonly Incident[] {
  const title = words(one['name'], 200);
  if (title === undefined) return [];
  const [update] = listOf(one['incident_updates']);
  return [
    Object.freeze(
      given({
        title,
        status: words(one['status'], 40),
        impact: words(one['impact'], 40),
        url: link(one['shortlink']),
        update: words(update?.['body'], 500),
        startedAt: time(one['started_at']) ?? time(one['scheduled_for']) ?? time(one['created_at']),
        updatedAt: time(one['updated_at']),
      }),
    ),
  ];
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.slice(0, 50).map(objectOf) : [];
}

/** A text of the page on one line, and without secrets. */
function words(value: unknown, longest: number): string | undefined {
  const text = typeof value === 'string' ? redactText(value.slice(0, longest)).replace(/\s+/g, ' ').trim() : '';
  return text === '' ? undefined : text;
}

function link(value: unknown): string | undefined {
  return typeof value === 'string' && value.length < 500 && /^https?:/i.test(value) ? redactUrl(value) : undefined;
}

function time(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
