import { describe, expect, it } from 'vitest';
import { compose } from '../transport/compose.ts';
import type { CallContext } from './call-context.ts';
import { type Handler, describe as namesOf, type Strategy } from './pipeline.ts';

const context = { attempt: 1 } as CallContext;
const request = new Request('https://api.example.com/');

describe('a pipeline', () => {
  const order: string[] = [];
  const ring = (name: string): Strategy => ({
    name,
    async execute(given, next, derived) {
      order.push(`into ${name} as attempt ${derived.attempt}`);
      const response = await next(given, { ...derived, attempt: derived.attempt + 1 });
      order.push(`out of ${name}`);
      return response;
    },
  });
  const response = new Response();
  const transport: Handler = async () => {
    order.push('transport');
    return response;
  };

  it('goes inwards in the order of the list, and outwards the other way', async () => {
    const strategies = [ring('outer'), ring('middle'), ring('inner')];
    expect(namesOf(strategies)).toEqual(['outer', 'middle', 'inner']);
    expect(await compose(strategies, transport)(request, context)).toBe(response);
    expect(order).toEqual([
      'into outer as attempt 1',
      'into middle as attempt 2',
      'into inner as attempt 3',
      'transport',
      'out of inner',
      'out of middle',
      'out of outer',
    ]);
    expect(context).toEqual({ attempt: 1 });
  });

  it('without rings is the transport', () => {
    expect(compose([], transport)).toBe(transport);
  });

  it('is composed once, and used by any number of calls', async () => {
    let sent = 0;
    const handler = compose(
      [{ name: 'twice', execute: (given, next, same) => next(given, same).then(() => next(given, same)) }],
      async () => {
        sent++;
        return response;
      },
    );
    await Promise.all([handler(request, context), handler(request, context)]);
    expect(sent).toBe(4);
  });

  it('may stop at any ring', async () => {
    const handler = compose([{ name: 'gate', execute: () => Promise.resolve(response) }, ring('never')], transport);
    order.length = 0;
    expect(await handler(request, context)).toBe(response);
    expect(order).toEqual([]);
  });
});

describe('describe', () => {
  it('names the rings of a list, and of what was composed of them', () => {
    const ring = (name: string): Strategy => ({ name, execute: (request, next, context) => next(request, context) });
    const transport: Handler = async () => new Response();
    expect(namesOf([ring('a'), ring('b')])).toEqual(['a', 'b']);
    expect(namesOf(compose([ring('a'), ring('b')], transport))).toEqual(['a', 'b']);
    expect(namesOf(transport)).toEqual([]);
  });
});
