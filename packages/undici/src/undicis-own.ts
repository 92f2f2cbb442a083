// undici itself. No other file names the package, so that what is used of it is seen here.

// @ts-expect-error It comes without types; they are those of the whole. But whoever loads the whole of undici swaps the
// dispatcher of the platform's own `fetch`, for the process.
import PlainAgent from 'undici/lib/dispatcher/agent.js';

export type { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici';
export { PlainAgent };
