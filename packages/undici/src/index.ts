export { undiciTransport } from './undici-transport.ts';
