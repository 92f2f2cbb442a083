import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Sender, Senders } from './sender.ts';

test('a sender shows a number wherever it is printed, and reveals its text only when asked', () => {
  const sender = new Sender('value Bearer hush');
  const printed = [
    String(sender),
    JSON.stringify({ sender }),
    inspect(sender, { showHidden: true, depth: null, getters: true }),
    JSON.stringify({ ...sender }),
    sender.id,
  ];
  for (const text of printed) expect(text).not.toContain('hush');
  expect(sender.id).toMatch(/^sender \d+$/);
  expect(sender.reveal()).toBe('value Bearer hush');
});

test('the same text has the same sender, and another text another', () => {
  const senders = new Senders();
  const [a, b] = [senders.of('a'), senders.of('b')];
  expect(senders.of('a')).toBe(a);
  expect(senders.of('b')).toBe(b);
  expect(a.id).not.toBe(b.id);
});

test('two tables never give the same sender, so that one account name under two auth objects is two accounts', () => {
  expect(new Senders().of('account a').id).not.toBe(new Senders().of('account a').id);
});

test('the number of senders is bounded: the longest unused is forgotten', () => {
  const senders = new Senders();
  const [kept, dropped] = [senders.of('kept'), senders.of('dropped')];
  for (let n = 0; n < 9_999; n++) {
    senders.of(`other ${n}`);
    senders.of('kept');
  }
  expect(senders.of('kept')).toBe(kept);
  expect(senders.of('dropped')).not.toBe(dropped);
});
