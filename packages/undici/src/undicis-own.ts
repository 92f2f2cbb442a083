// undici itself. No other file names the package, so that this file shows what is used of it.

// @ts-expect-error This file has no types; they are those of the whole package. Loading the whole package would replace
// the dispatcher of the platform's own `fetch` in this process.
import PlainAgent from 'undici/lib/dispatcher/agent.js';

export type { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici';
export { PlainAgent };
