export { parseQuota, parseServerTiming } from './api-answer/header-timing.ts';
export { readApiAnswer } from './api-answer/read-api-answer.ts';
export { guideFor } from './errors/guides/guide.ts';
export * from './first-load.ts';
export { parseHttpDate } from './server-timing/http-date.ts';
export { callContext } from './standalone/call-context.ts';
