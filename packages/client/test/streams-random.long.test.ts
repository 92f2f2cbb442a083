import fc from 'fast-check';
import type { EventsOptions } from 'holdfast';
import { expect, test } from 'vitest';
import { anyStop, expectNothingLeft, expectResult, options, read, runs, type Stop } from './support/random-caller.ts';
import {
  anyCourse,
  Bodies,
  type Course,
  type Cut,
  failureOf,
  isTransient,
  mostRetries,
  type Result,
  whole,
} from './support/random-server.ts';
import { scripted } from './support/scripted.ts';

/**
 * Streams over connections that fail at random, beside a model of what the caller gets: every item once and in order, the
 * right error, the right number of requests, and nothing left over.
 */

const encoder = new TextEncoder();
const anyText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, ' '));
const failureText = encoder.encode('event: error\ndata: overloaded\n\n');

interface EventsScene {
  /** The second line of each event; the first one is its number. */
  readonly texts: readonly string[];
  readonly courses: readonly Course[];
  readonly hasIds: boolean;
  readonly hasEnd: boolean;
  readonly resume: 'onFailure' | 'always' | false;
  readonly lineEnd: string;
  readonly paceMs: number;
  readonly stop: Stop;
}

/** The bytes of the events from one on that arrive, and how many events they hold. */
function arriving({ texts, hasIds, lineEnd }: EventsScene, from: number, { part, end }: Cut): [Uint8Array, number] {
  let text = '';
  const places = texts.slice(from).map((second, index) => {
    const number = from + index;
    const id = hasIds ? `id: ${number + 1}${lineEnd}` : '';
    text += `:${lineEnd}${id}data: ${number}${lineEnd}data: ${second}${lineEnd}${lineEnd}`;
    return encoder.encode(text).length;
  });
  const bytes = encoder.encode(text);
  let count = Math.round(bytes.length * part);
  // The first character of a line end may end the line, too.
  if (bytes[count - 1] === 13) count++;
  const arrived = places.filter((place) => place <= count);
  if (end !== 'failure') return [bytes.subarray(0, count), arrived.length];
  return [Buffer.concat([bytes.subarray(0, arrived.at(-1) ?? 0), failureText]), arrived.length];
}

function courseOf({ courses, resume }: Pick<EventsScene, 'courses' | 'resume'>, request: number): Course {
  return courses[request - 1] ?? (resume === 'always' ? 204 : whole);
}

function modelOfEvents(scene: EventsScene): Result {
  const { texts, hasEnd, hasIds, resume } = scene;
  let got = 0;
  let retries = 0;
  for (let requests = 1; ; requests++) {
    const course = courseOf(scene, requests);
    const more = typeof course === 'object' ? arriving(scene, got, course)[1] : 0;
    got += more;
    if (more > 0) retries = 0;
    const items = texts.slice(0, got).map((second, number) => `${number}\n${second}`);
    if (course === 204 || (hasEnd && got === texts.length)) return { items, requests };
    const cause = failureOf(course, hasEnd);
    if (cause === undefined && resume !== 'always') return { items, requests };
    if (cause === undefined) continue;
    const goesOn = more === 0 || resume === 'always' || (resume === 'onFailure' && hasIds);
    if (goesOn && isTransient(course) && retries++ < mostRetries) continue;
    return got === 0 ? { items, code: cause, requests } : { items, code: 'STREAM_INTERRUPTED', cause, requests };
  }
}

test('events() delivers what its model says', async () => {
  const anyScene: fc.Arbitrary<EventsScene> = fc.record({
    texts: fc.array(anyText, { minLength: 1, maxLength: 6 }),
    courses: fc.array(anyCourse(['end', 'break', 'stall', 'failure']), { maxLength: 7 }),
    hasIds: fc.boolean(),
    hasEnd: fc.boolean(),
    resume: fc.constantFrom('onFailure' as const, 'onFailure' as const, 'always' as const, false as const),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    paceMs: fc.constantFrom(0, 0, 5_000),
    stop: anyStop,
  });
  const property = fc.asyncProperty(anyScene, async (given) => {
    const bodies = new Bodies();
    const ids: unknown[] = [];
    let sent = 0;
    const answer = (request: Request, signal: AbortSignal | undefined): Response | Promise<Response> => {
      ids.push([request.headers.get('last-event-id'), given.hasIds && sent > 0 ? String(sent) : null]);
      const course = courseOf(given, ids.length);
      if (typeof course !== 'object') return bodies.refuse(course, signal);
      const [bytes, more] = arriving(given, sent, course);
      sent += more;
      return bodies.send(bytes, course, signal, { headers: { 'content-type': 'text/event-stream' } });
    };
    const scene = scripted(Array(100).fill(answer), options);
    const abort = new AbortController();
    const asked: EventsOptions = {
      ...{ resume: given.resume, signal: abort.signal },
      isFailure: ({ event }) => event === 'error' && { status: 529 },
      ...(given.hasEnd && { until: ({ data }) => data.startsWith(`${given.texts.length - 1}\n`) }),
    };
    const stream = scene.api.events('x', asked);
    const seen = await read(scene, abort, { ...given, stream, itemOf: (event) => event.data });
    expectResult(seen, modelOfEvents(given), given.stop);
    for (const [got, expected] of ids as [unknown, unknown][]) expect(got).toBe(expected);
    await expectNothingLeft(scene, bodies);
  });
  await fc.assert(property, runs);
});

interface LinesScene {
  readonly texts: readonly string[];
  readonly courses: readonly Course[];
  readonly lineEnd: string;
  readonly paceMs: number;
  readonly stop: Stop;
}

/** The bytes of lines that arrive, and how many lines they hold; a last line without its end counts at a clean end. */
function arrivingLines({ texts, lineEnd }: LinesScene, { part, end }: Cut): [Uint8Array, number, isBroken: boolean] {
  const lines = texts.map((text) => encoder.encode(`${JSON.stringify({ text })}${lineEnd}`));
  const bytes = Buffer.concat(lines);
  const count = Math.round(bytes.length * part);
  let at = 0;
  let whole = 0;
  for (const { length } of lines) {
    const needed = end === 'end' ? length - lineEnd.length : length;
    if (count < at + needed) break;
    whole++;
    at += length;
  }
  return [bytes.subarray(0, count), whole, end === 'end' && count > at];
}

function modelOfLines(scene: LinesScene): Result {
  let retries = 0;
  for (let requests = 1; ; requests++) {
    const course = courseOf({ ...scene, resume: false }, requests);
    const [, more, isBroken] = typeof course === 'object' ? arrivingLines(scene, course) : [undefined, 0, false];
    const items = scene.texts.slice(0, more);
    if (course === 204) return { items, requests };
    if (isBroken) return { items, code: 'BROKEN_LINE', requests };
    const cause = failureOf(course, false);
    if (cause === undefined) return { items, requests };
    if (more === 0 && isTransient(course) && retries++ < mostRetries) continue;
    return more === 0 ? { items, code: cause, requests } : { items, code: 'STREAM_INTERRUPTED', cause, requests };
  }
}

test('lines() delivers what its model says', async () => {
  const anyScene: fc.Arbitrary<LinesScene> = fc.record({
    texts: fc.array(anyText, { minLength: 1, maxLength: 6 }),
    courses: fc.array(
      anyCourse(['end', 'break', 'stall']).filter((course) => course !== 'page'),
      { maxLength: 5 },
    ),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    paceMs: fc.constantFrom(0, 0, 5_000),
    stop: anyStop,
  });
  const property = fc.asyncProperty(anyScene, async (given) => {
    const bodies = new Bodies();
    let requests = 0;
    const answer = (_request: Request, signal: AbortSignal | undefined): Response | Promise<Response> => {
      const course = courseOf({ ...given, resume: false }, ++requests);
      if (typeof course !== 'object') return bodies.refuse(course, signal);
      return bodies.send(arrivingLines(given, course)[0], course, signal);
    };
    const scene = scripted(Array(100).fill(answer), options);
    const abort = new AbortController();
    const stream = scene.api.lines<{ text: string }>('x', { signal: abort.signal });
    const seen = await read(scene, abort, { ...given, stream, itemOf: ({ text }) => text });
    expectResult(seen, modelOfLines(given), given.stop);
    await expectNothingLeft(scene, bodies);
  });
  await fc.assert(property, runs);
});
