declare module '../kernel/call.js' {
  interface Call {
    /** What the API's status page says about the failures of this call, if it was read. */
    outage?: Outage | undefined;
  }
}

/** What is broken at the moment, as the API's status page says. Plain data. */
export interface Incident {
  readonly title: string;
  /** How far the API's operators have come: `investigating`, `identified`, `monitoring`, `in_progress`, … */
  readonly status?: string;
  /** `critical`, `major`, `minor`, `maintenance`, `none`. */
  readonly impact?: string;
  /** Where a person can read on. */
  readonly url?: string;
  /** The latest message. */
  readonly update?: string;
  /** Wall clock milliseconds. */
  readonly startedAt?: number;
  /** Wall clock milliseconds. */
  readonly updatedAt?: number;
}

/** The result of reading the API's status page. It is filled in when the page has answered. */
export interface Outage {
  incident?: Incident | undefined;
}

/** The events of the API's status page. */
export interface StatusEvents {
  /** What the API's status page says; if `incident` is absent, the page reports no incident any more. */
  'status.changed': { readonly description: string; readonly incident?: Incident };
}

/** The label of an incident where it is printed. */
export const incidentLabel: string = 'Status page';

/** A remedy of guides. Where the client has an option that puts the incident on errors, {@link lookedForBy} names it. */
export const lookForIncident: string = "Look at the API's status page";

/** @param option The name of the client's option. */
export function lookedForBy(option: string): string {
  return `${lookForIncident}; with the option \`${option}\`, its incident is on the error, and \`client.onStatus(listener)\` is called with it`;
}

/** One line for a person: `Elevated error rates (major, identified), https://status.example.com/i/1`. */
export function describeIncident({ title, impact, status, url }: Incident): string {
  const facts = [impact, status].filter((fact) => fact !== undefined).join(', ');
  return `${title}${facts === '' ? '' : ` (${facts})`}${url === undefined ? '' : `, ${url}`}`;
}
