import fc from 'fast-check';
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

/** Downloads with `resumeBody` over connections that fail at random, beside a model. */

const wrong = ['the whole', 'another place', 'no place', 'another ETag', 'another length', 'a coding'] as const;

/** An answer to a range request that does not continue the body. */
type Wrong = (typeof wrong)[number];

interface DownloadScene {
  readonly text: string;
  readonly courses: readonly (Course | Wrong)[];
  readonly paceMs: number;
  readonly stop: Stop;
}

const isWrong = (course: Course | Wrong): course is Wrong => wrong.includes(course as Wrong);
const courseOf = ({ courses }: DownloadScene, request: number): Course | Wrong => courses[request - 1] ?? whole;
const countOf = (length: number, { part }: Cut): number => Math.round(length * part);

function modelOf(scene: DownloadScene): Result {
  const { length } = scene.text;
  let got = 0;
  let retries = 0;
  let broken: string | undefined;
  const end = (requests: number, code?: string): Result => ({ items: [...scene.text.slice(0, got)], code, requests });
  for (let requests = 1; ; requests++) {
    const course = courseOf(scene, requests);
    // A beginning has no place that could be wrong.
    const isWhole = course === 204 || (isWrong(course) && broken === undefined);
    if (isWhole && course !== 204) got = length;
    if (isWhole) return end(requests, broken);
    if (isWrong(course)) return end(requests, broken);
    if (typeof course === 'object') {
      if (broken === undefined) retries = 0;
      const more = countOf(length - got, course);
      got += more;
      if (more > 0) retries = 0;
      if (got === length) return end(requests);
      broken = course.end === 'stall' ? 'IDLE_TIMEOUT' : 'NETWORK';
    }
    if (isTransient(course) && retries++ < mostRetries) continue;
    return end(requests, broken ?? failureOf(course, false));
  }
}

/** The status and the headers of an answer from a place on; the first answer has no place. */
function headOf(course: Cut | Wrong, from: number | undefined, length: number): ResponseInit {
  const isRange = from !== undefined && course !== 'the whole';
  if (!isRange) return { headers: { etag: '"one"', 'content-length': String(length) } };
  const start = course === 'another place' ? from + 1 : from;
  const total = course === 'another length' ? length + 1 : length;
  const headers = {
    etag: course === 'another ETag' ? '"other"' : '"one"',
    'content-length': String(length - from),
    ...(course !== 'no place' && { 'content-range': `bytes ${start}-${length - 1}/${total}` }),
    ...(course === 'a coding' && { 'content-encoding': 'x-unknown' }),
  };
  return { status: 206, headers };
}

test('a download with resumeBody is what its model says', async () => {
  const anyScene: fc.Arbitrary<DownloadScene> = fc.record({
    text: fc.string({ unit: 'grapheme-ascii', minLength: 2, maxLength: 60 }),
    courses: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: anyCourse(['end', 'break', 'stall']).filter((course) => course !== 'page') },
        { weight: 1, arbitrary: fc.constantFrom(...wrong) },
      ),
      { maxLength: 7 },
    ),
    paceMs: fc.constantFrom(0, 0, 5_000),
    stop: anyStop,
  });
  const property = fc.asyncProperty(anyScene, async (given) => {
    const { text } = given;
    const bytes = new TextEncoder().encode(text);
    const bodies = new Bodies();
    const places: unknown[] = [];
    let sent: number | undefined;
    const answer = (request: Request, signal: AbortSignal | undefined): Response | Promise<Response> => {
      places.push([request.headers.get('range'), sent === undefined ? null : `bytes=${sent}-`]);
      const course = courseOf(given, places.length);
      if (typeof course !== 'object' && !isWrong(course)) return bodies.refuse(course, signal);
      const head = headOf(course, sent, bytes.length);
      const from = head.status === 206 ? (sent ?? 0) : 0;
      const cut = isWrong(course) ? whole : course;
      const until = from + countOf(bytes.length - from, cut);
      sent = until;
      return bodies.send(bytes.subarray(from, until), cut, signal, head);
    };
    const scene = scripted(Array(100).fill(answer), { ...options, resumeBody: true });
    const abort = new AbortController();
    async function* characters(): AsyncGenerator<string> {
      const { body } = await scene.api.get('x', { signal: abort.signal });
      for await (const chunk of body ?? []) yield* new TextDecoder().decode(chunk as Uint8Array);
    }
    const seen = await read(scene, abort, { ...given, stream: characters(), itemOf: (character) => character });
    // A closed client sends no range request: the break stays the caller's.
    expectResult(seen, modelOf(given), given.stop, ['NETWORK', 'IDLE_TIMEOUT']);
    for (const [got, expected] of places as [unknown, unknown][]) expect(got).toBe(expected);
    await expectNothingLeft(scene, bodies);
  });
  await fc.assert(property, runs);
});
