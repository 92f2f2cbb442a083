// undici itself. No other file names the package, so that what is used of it is seen here.

// @ts-expect-error It comes without types; its types are those of the whole package. But loading the whole of undici
// replaces the dispatcher of the platform's own `fetch`, for the process.
import PlainAgent from 'undici/lib/dispatcher/agent.js';

export type { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici';
export { PlainAgent };
