import { ONE_HEAP } from '@rewardedit/core/one-heap';
import { describe, expect, it, vi } from 'vitest';
import { restartWithOneHeap, type Start } from './one-heap.ts';

const start = (words: readonly string[]): Start => ({
  ...{ platform: 'linux', execPath: '/node', execArgv: ['--inspect'], env: { HOME: '/home' } },
  argv: ['/node', '/run.js', ...words],
});

/** What a process is replaced by, if it is. */
function started(words: readonly string[], other: Partial<Start> = {}) {
  const execve = vi.fn<NonNullable<Start['execve']>>();
  restartWithOneHeap({ ...start(words), execve, ...other });
  return execve.mock.calls;
}

describe('a command that trains', () => {
  it('is started anew with one heap, and all else as it was', () => {
    for (const command of ['train', 'demo'])
      expect(started([command, 'data', '--out', 'a b'])).toEqual([
        [
          '/node',
          ['/node', '--inspect', '/run.js', command, 'data', '--out', 'a b'],
          { HOME: '/home', ...ONE_HEAP },
        ],
      ]);
  });

  it('is not where it was already, where the user has settings, or a process waits at the other end', () => {
    expect(started(['train'], { env: { ...ONE_HEAP } })).toEqual([]);
    expect(started(['train'], { env: { MALLOC_ARENA_MAX: '4' } })).toEqual([]);
    expect(started(['train'], { env: { GLIBC_TUNABLES: 'glibc.malloc.check=3' } })).toEqual([]);
    expect(started(['train'], { channel: process.channel ?? ({} as NonNullable<Start['channel']>) })).toEqual(
      [],
    );
  });

  it('goes on where that cannot be', () => {
    expect(started(['train'], { platform: 'darwin' })).toEqual([]);
    expect(() => restartWithOneHeap(start(['train']))).not.toThrow();
    const forbid = () => {
      throw new Error('Access to this API has been restricted');
    };
    expect(() => started(['train'], { execve: forbid })).not.toThrow();
  });
});

it('other commands are not started anew', () => {
  expect(started(['edit', 'train'])).toEqual([]);
  expect(started([])).toEqual([]);
});
