export { type EventLog, eventLog } from './event-log.ts';
export { ManualClock } from './manual-clock.ts';
export {
  hang,
  networkFailureOf,
  type ScriptedTransport,
  type SeenRequest,
  type Step,
  scriptedTransport,
} from './scripted-transport.ts';
