import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonTail } from '../src/units/json-tail.ts';

const encoder = new TextEncoder();

function lastOf(text: string, contentType: string, sizes: readonly number[]): unknown {
  const tail = new JsonTail(contentType, ['usage']);
  const bytes = encoder.encode(text);
  for (let at = 0, part = 0; at < bytes.length; part++) {
    const size = sizes[part % sizes.length] as number;
    tail.add(bytes.subarray(at, at + size));
    at += size;
  }
  return tail.json('usage');
}

const ends = ['\n', '\r\n', '\r'];

test('wherever the chunks end, and whatever ends the lines, the last event is the same', () => {
  const line = fc.constantFrom('data: {"usage":1}', 'data: {"usage":2', 'data: ,"a":"é"}', ': comment', '', 'id: 1');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, fc.constantFrom(...ends)), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      (lines, sizes) => {
        // A lone carriage return before a line feed would be one line end, not two.
        const text = `${lines.map(([content, end]) => content + end).join('')}\n\ndata: {"usage":3}\n\n`;
        expect(lastOf(text, 'text/event-stream', sizes)).toEqual({ usage: 3 });
        expect(lastOf(text, 'text/event-stream', [text.length * 2])).toEqual({ usage: 3 });
      },
    ),
    { seed: 2026 },
  );
  for (const end of ends) {
    const stream = ['data: {"usage":', 'data: 4}', '', 'data: [DONE]', '', ''].join(end);
    for (const size of [1, 2, 3, 7, 1000])
      expect(lastOf(stream, 'text/event-stream', [size]), end).toEqual({ usage: 4 });
    const lines = ['{"usage":5}', '{"a":1}', ''].join(end);
    for (const size of [1, 2, 3, 7, 1000]) expect(lastOf(lines, 'application/x-ndjson', [size])).toEqual({ usage: 5 });
  }
});

test('an event of more than 8 MiB in many lines is not kept, and its usage is unknown', () => {
  const tail = new JsonTail('text/event-stream', ['usage']);
  const line = encoder.encode(`data: ${'x'.repeat(1024 * 1024)}\n`);
  for (let lines = 0; lines < 9; lines++) tail.add(line);
  tail.add(encoder.encode('\ndata: {"usage":1}\n\n'));
  expect(tail.json('usage')).toBeUndefined();
});
