import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyManifest } from '@rewardedit/core';
import type { State } from '@rewardedit/graph';
import { openModelFolder } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import {
  ENTRIES,
  killedAt,
  recordOf,
  stateOf,
  tokenizer,
  type TaskName,
} from './kill-process.test.helper.ts';
import { hasBegun, readRunInputs, writeRunInputs } from './run-inputs.ts';

/** Processes that are killed side by side. */
const AT_ONCE = 4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-killed-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Kills a task before each of its file operations in turn, each time in a folder of its own; the number of kills. */
async function killEverywhere(
  task: TaskName,
  prepare: (own: string) => Promise<unknown>,
  check: (own: string) => Promise<void>,
): Promise<number> {
  const killAndCheck = async (dieAt: number) => {
    const own = join(folder, `${task}-${dieAt}`);
    await mkdir(own);
    await prepare(own);
    const killed = await killedAt(task, own, dieAt);
    await check(own);
    if (dieAt % 8 !== 0) return killed;
    // What was killed is done again, over whatever it left.
    expect(await killedAt(task, own, 0)).toBe(false);
    await check(own);
    return killed;
  };
  for (let first = 1; ; first += AT_ONCE) {
    const killed = await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => killAndCheck(first + i)));
    const survivor = killed.indexOf(false);
    if (survivor >= 0) return first + survivor - 1;
  }
}

/** What a state was written. */
async function loaded(checkpoint: Parameters<typeof loadCheckpoint>[0]): Promise<Set<number>> {
  const values = new Set<number>();
  const state: State = {
    ...stateOf(0),
    write: async (_, data) => data.forEach((value: number) => values.add(value)),
  };
  await loadCheckpoint(checkpoint, state, ENTRIES);
  return values;
}

describe('a process killed before any of its file operations', () => {
  it('while saving a checkpoint leaves it or the previous one, complete', async () => {
    const steps = new Set<number>();
    const kills = await killEverywhere(
      'checkpoint',
      // Of fewer digits, so that the order of names is not that of numbers.
      (own) =>
        saveCheckpoint(own, { step: 999_999, skipped: 0 }, stateOf(999_999), { names: ENTRIES, keep: 1 }),
      async (own) => {
        const checkpoint = await findCheckpoint(own, (message) => expect.fail(message));
        steps.add(checkpoint!.step);
        expect(await loaded(checkpoint!)).toEqual(new Set([checkpoint!.step]));
      },
    );
    expect(kills).toBeGreaterThan(8);
    expect(steps).toEqual(new Set([999_999, 1_000_010]));
    expect(await readdir(join(folder, `checkpoint-${kills + 1}`))).toEqual(['step-1000010']);
  }, 300_000);

  it('while writing a model leaves a complete one or none, and keeps an existing one', async () => {
    const seen = new Set<boolean>();
    const kills = await killEverywhere(
      'model',
      async () => undefined,
      async (own) => {
        const model = join(own, 'model');
        seen.add(existsSync(model));
        if (!existsSync(model)) return;
        await verifyManifest(model, 'the model');
        await openModelFolder(model);
      },
    );
    expect(kills).toBeGreaterThan(20);
    expect(seen).toEqual(new Set([true, false]));
    const done = join(folder, `model-${kills + 1}`);
    for (let dieAt = 1; await killedAt('model', done, dieAt); dieAt++)
      await verifyManifest(join(done, 'model'), 'the model');
    expect(await readdir(done)).toEqual(['model']);
  }, 300_000);

  it('while recording its inputs leaves all of them or none', async () => {
    const begun = new Set<boolean>();
    const kills = await killEverywhere(
      'inputs',
      async () => undefined,
      async (own) => {
        begun.add(hasBegun(own));
        const whole = { record: recordOf('before'), frozen: 'f' };
        expect((await readRunInputs(own)) ?? whole).toMatchObject(whole);
      },
    );
    expect(kills).toBeGreaterThan(8);
    expect(begun).toEqual(new Set([true, false]));
  }, 300_000);

  it('while accepting changed data leaves the old record or the new one', async () => {
    const found = new Set<string>();
    await killEverywhere(
      'dataset record',
      (own) => writeRunInputs(own, { tokenizer: tokenizer(), record: recordOf('before') }),
      async (own) => {
        const { record } = (await readRunInputs(own))!;
        found.add(record[0].instruction);
        expect(record).toEqual(recordOf(record[0].instruction));
      },
    );
    expect(found).toEqual(new Set(['before', 'after']));
  }, 300_000);
});
