import { describe, expect, it } from 'vitest';
import { AbortSource, type Follower, follow, unfollow } from './abort-source.ts';

function named(name: string, heard: string[]): Follower {
  return { handleEvent: () => void heard.push(name) };
}

describe.each([
  ['a signal of ours', () => new AbortSource()],
  ['the platform’s', () => new AbortController()],
])('a follower of %s', (_, create) => {
  it('is called once when it aborts, in the order of following', () => {
    const heard: string[] = [];
    const source = create();
    for (const name of ['first', 'second', 'third']) follow(source.signal, named(name, heard));
    source.abort('enough');
    source.abort('again');
    expect(heard).toEqual(['first', 'second', 'third']);
    expect(source.signal.reason).toBe('enough');
  });

  it('is not called after unfollowing', () => {
    const heard: string[] = [];
    const source = create();
    const followers = ['first', 'second', 'third', 'fourth'].map((name) => named(name, heard));
    for (const follower of followers) follow(source.signal, follower);
    for (const left of [0, 2]) unfollow(source.signal, followers[left] as Follower);
    source.abort('enough');
    expect(heard.sort()).toEqual(['fourth', 'second']);
  });

  it('comes after earlier followers, although one has left', () => {
    const heard: string[] = [];
    const source = create();
    const [first, second, third] = ['first', 'second', 'third'].map((name) => named(name, heard)) as [
      never,
      never,
      never,
    ];
    follow(source.signal, first);
    follow(source.signal, second);
    unfollow(source.signal, first);
    follow(source.signal, third);
    source.abort('enough');
    expect(heard).toEqual(['second', 'third']);
  });

  it('is not called if an earlier follower makes it unfollow', () => {
    const heard: string[] = [];
    const source = create();
    const followers = ['second', 'third'].map((name) => named(name, heard));
    follow(source.signal, { handleEvent: () => unfollow(source.signal, followers[0] as Follower) });
    for (const follower of followers) follow(source.signal, follower);
    source.abort('enough');
    expect(heard).toEqual(['third']);
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

it('one that throws does not stop the others', () => {
  const heard: string[] = [];
  const source = new AbortSource();
  const failure = new Error('broken');
  follow(source.signal, {
    handleEvent() {
      throw failure;
    },
  });
  for (const name of ['second', 'third']) follow(source.signal, named(name, heard));
  expect(() => source.abort('enough')).toThrow(failure);
  expect(heard).toEqual(['second', 'third']);
});
