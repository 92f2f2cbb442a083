declare module '../kernel/call.js' {
  interface Call {
    /** What the API's status page says about the failures of this call, if it was read. */
    outage?: Outage | undefined;
  }
}

/** What the API's status page says is broken just now. Plain data. */
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

/** What a look at the status page came to. It is filled in when the page has answered. */
export interface Outage {
  incident?: Incident | undefined;
}

/** One line for a person: `Elevated error rates (major, identified), https://status.example.com/i/1`. */
export function describeIncident({ title, impact, status, url }: Incident): string {
  const facts = [impact, status].filter((fact) => fact !== undefined).join(', ');
  return `${title}${facts === '' ? '' : ` (${facts})`}${url === undefined ? '' : `, ${url}`}`;
}
