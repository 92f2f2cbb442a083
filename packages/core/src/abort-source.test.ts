import { describe, expect, it } from 'vitest';
import { AbortSource, type Follower, follow, unfollow } from './abort-source.ts';

function named(name: string, heard: string[]): Follower {
  return { handleEvent: () => void heard.push(name) };
}

describe.each([
  ['a signal of ours', () => new AbortSource()],
  ['the platform’s', () => new AbortController()],
])('whoever follows %s', (_, create) => {
  it('hears once that it aborts, in the order of coming', () => {
    const heard: string[] = [];
    const source = create();
    for (const name of ['first', 'second', 'third']) follow(source.signal, named(name, heard));
    source.abort('enough');
    source.abort('again');
    expect(heard).toEqual(['first', 'second', 'third']);
    expect(source.signal.reason).toBe('enough');
  });

  it('hears nothing when it has left', () => {
    const heard: string[] = [];
    const source = create();
    const followers = ['first', 'second', 'third', 'fourth'].map((name) => named(name, heard));
    for (const follower of followers) follow(source.signal, follower);
    for (const left of [0, 2]) unfollow(source.signal, followers[left] as Follower);
    source.abort('enough');
    expect(heard.sort()).toEqual(['fourth', 'second']);
  });

  it('finds it aborted', () => {
    const source = create();
    let wasAborted = false;
    follow(source.signal, {
      handleEvent() {
        wasAborted = source.signal.aborted;
      },
    });
    source.abort('enough');
    expect(wasAborted).toBe(true);
  });
});
