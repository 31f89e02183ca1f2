import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShard, parseShard, shardFromEnvironment, shardOf } from './shard.ts';

describe('shardOf', () => {
  it('assigns every id to the same shard each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 5000 }), (id, of) => {
        const shard = shardOf(id, of);
        expect(Number.isInteger(shard) && shard >= 0 && shard < of).toBe(true);
        expect(shardOf(id, of)).toBe(shard);
      }),
    );
  });

  it('gives shards equal sizes, whatever the ids look like', () => {
    const makers: ((n: number) => string)[] = [(n) => `scene-${n}`, (n) => String(n * 64), (n) => `${n}.png`];
    for (const make of makers) {
      for (const of of [2, 7, 16, 64]) {
        const count = 20_000;
        const sizes = Array<number>(of).fill(0);
        for (let n = 0; n < count; n += 1) sizes[shardOf(make(n), of)] += 1;
        // For a binomial count, six deviations occur once in 10^8.
        const share = count / of;
        const deviation = Math.sqrt(share * (1 - 1 / of));
        for (const size of sizes) expect(Math.abs(size - share)).toBeLessThan(6 * deviation);
      }
    }
  });

  it('never changes, because shards are judged on many machines and at many times', () => {
    const ids = ['a', 'scene-000001', 'größer', '__proto__', ''];
    expect(ids.map((id) => shardOf(id, 1000))).toEqual(FIXED);
  });
});

/** The first 48 bits of SHA-256 of each id, modulo 1000, computed from the output of sha256sum. */
const FIXED = [699, 478, 534, 734, 124];

describe('parseShard', () => {
  it('parses what formatShard writes', () => {
    const shards = fc
      .integer({ min: 1, max: 10_000 })
      .chain((of) => fc.tuple(fc.nat(of - 1), fc.constant(of)));
    fc.assert(
      fc.property(shards, ([index, of]) => {
        expect(parseShard(formatShard({ index, of }))).toEqual({ index, of });
      }),
    );
  });

  it.each(['', '3', '3/', '/8', '-1/8', '1.5/8', '0x1/8', '1/8/2', 'auto/8', ' 1/8', '1/8\n'])(
    'rejects %j, and shows the form of a shard',
    (text) => {
      expect(() => parseShard(text)).toThrow(
        expect.objectContaining({
          code: 'usage',
          where: '--shard',
          hint: expect.stringContaining('1/8 to 8/8'),
        }),
      );
    },
  );

  it.each(['9/8', '0/8', '1/0', '0/0', '0/100001', '99999999999999999999/8'])('rejects %s', (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('shardFromEnvironment', () => {
  it('reads the index of a Kubernetes Indexed Job', () => {
    expect(shardFromEnvironment(8, { JOB_COMPLETION_INDEX: '3' })).toEqual({
      shard: { index: 3, of: 8 },
      source: 'shard 4/8: JOB_COMPLETION_INDEX is 3',
    });
  });

  it.each([
    [{ SLURM_ARRAY_TASK_ID: '3' }, 3],
    [{ SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '8' }, 3],
    [{ SLURM_ARRAY_TASK_ID: '8', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '8' }, 7],
    [{ SLURM_ARRAY_TASK_ID: '101', SLURM_ARRAY_TASK_MIN: '100', SLURM_ARRAY_TASK_COUNT: '8' }, 1],
  ])('reads the task of a Slurm job array: %j', (environment, index) => {
    expect(shardFromEnvironment(8, environment).shard).toEqual({ index, of: 8 });
  });

  it.each([
    [{}, '--shards'],
    [{ JOB_COMPLETION_INDEX: '', SLURM_ARRAY_TASK_ID: '' }, '--shards'],
    [{ JOB_COMPLETION_INDEX: '8' }, 'JOB_COMPLETION_INDEX'],
    [{ JOB_COMPLETION_INDEX: 'x' }, 'JOB_COMPLETION_INDEX'],
    [{ SLURM_ARRAY_TASK_ID: '8' }, 'SLURM_ARRAY_TASK_ID'],
    [{ SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '1' }, 'SLURM_ARRAY_TASK_ID'],
    // Two repeated tasks: counted from the first of them, they would do shards 0 and 2 instead of 3 and 5.
    [
      { SLURM_ARRAY_TASK_ID: '5', SLURM_ARRAY_TASK_MIN: '3', SLURM_ARRAY_TASK_COUNT: '2' },
      'SLURM_ARRAY_TASK_COUNT',
    ],
  ])('rejects %j', (environment, where) => {
    expect(() => shardFromEnvironment(8, environment)).toThrow(
      expect.objectContaining({ code: 'usage', where }),
    );
  });
});
