import type { Features } from '../feature/feature.ts';

/**
 * What the options are for: a client, one of its calls, or a call of `client.fetch`, whose init holds fetch's own
 * options.
 */
export type Scope = 'client' | 'call' | 'fetch';

/** Where options are given, and the client that they belong to. */
export interface OptionsContext<S extends Scope = Scope> {
  readonly features: Features;
  /** The beginning of messages. */
  readonly where: string;
  readonly scope: S;
  /** A user's function or handler sends: `proxy` and `agent` may be options of its own. */
  readonly hasOwnFetch: boolean;
  /** The user's function, handler or dispatcher has limits of its own. */
  readonly hasOwnLimits: boolean;
}

/** How the requests of a client are sent. */
export interface SendingClient {
  readonly features: Features;
  /** The user gives the function or handler that sends. */
  readonly hasOwnSender: boolean;
  /** The user's function, handler or dispatcher has limits of its own. */
  readonly hasOwnLimits: boolean;
}

/** The context of a call's options. */
export function contextOfCall(client: SendingClient, options: unknown, where: string): OptionsContext<'call'> {
  const hasOwnFetch = client.hasOwnSender || (options as { fetch?: unknown } | null)?.fetch !== undefined;
  const hasOwnLimits = client.hasOwnLimits || hasOwnFetch || saysDispatcher(options);
  return { features: client.features, where, scope: 'call', hasOwnFetch, hasOwnLimits };
}

/** Do the options name a dispatcher of undici, which has limits of its own? */
export function saysDispatcher(options: unknown): boolean {
  return (options as { dispatcher?: unknown } | null | undefined)?.dispatcher !== undefined;
}
