import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import { readPicture, writePng } from '@rewardedit/data';
import type { Backend } from '@rewardedit/graph';
import { openTokenizer } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  afterStep,
  knownRewards,
  oneThread,
  trainSmall,
  trainUntil,
  weightsOf,
  writeRewards,
  writeScored,
} from './small-run.test.helper.ts';

let folder: string;
let backend: Backend;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-changed-'));
  backend = await oneThread();
});

afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

/** A run on a dataset of its own that was stopped after its third step. */
async function stoppedRun(name: string, stage: 1 | 2 = 2) {
  const dataset = await writeScored(join(folder, `${name}-scenes`), 8);
  const run = { dataset, run: join(folder, name), backend, settings: { stage, steps: 4 } as const };
  await trainUntil(afterStep(3), run);
  return run;
}

/** Rewrites the lines of the metadata. */
async function editMetadata(dataset: string, edit: (lines: Record<string, unknown>[]) => object[]) {
  const path = join(dataset, 'metadata.jsonl');
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const edited = edit(lines.map((line) => JSON.parse(line) as Record<string, unknown>));
  await writeFile(path, edited.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

const correction = (id: string, text: string) =>
  `${JSON.stringify({ id, reward: { scores: { following: 1 }, feedback: { following: text } }, time: '2026-01-01T00:00:00Z' })}\n`;

describe('a dataset that changed since a run began', () => {
  it('by a correction is refused with the differences, and accepted without changing the vocabulary', async () => {
    const run = await stoppedRun('corrected');
    const before = await readFile(join(run.run, 'inputs/tokenizer/vocab.json'));
    const [id] = (await knownRewards(run.dataset)).keys();
    const novel = 'zebras zebras zebras zebras quartz quartz quartz';
    await writeFile(join(run.dataset, 'corrections.jsonl'), correction(id, novel));
    await expect(trainSmall(run)).rejects.toMatchObject({
      code: 'bad-input',
      message: `the dataset has changed since the run began: 1 triplet has another reward (${id})`,
      hint: expect.stringContaining('--accept-changed-data'),
    });
    const { events, model } = await trainSmall({ ...run, options: { acceptChangedData: true } });
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('another reward') }),
    );
    expect((await openTokenizer(join(model, 'tokenizer'))).files.vocabulary).toEqual(
      JSON.parse(before.toString()),
    );
    // Accepted once, it is what the run learns from.
    await trainSmall(run);
  });

  it('is described: instructions, pictures, new ids, missing ids, order', async () => {
    const run = await stoppedRun('edited');
    const { dataset } = run;
    const kept = await readFile(join(dataset, 'metadata.jsonl'));
    const ids = kept
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    const refusal = async () => {
      const failure: unknown = await trainSmall(run).catch((error: unknown) => error);
      await writeFile(join(dataset, 'metadata.jsonl'), kept);
      return (failure as Error).message.replace('the dataset has changed since the run began: ', '');
    };
    await editMetadata(dataset, (lines) =>
      lines.map((line, i) => (i < 2 ? { ...line, instruction: 'make it new' } : line)),
    );
    expect(await refusal()).toBe(`2 triplets have other instructions (${ids[0]}, ${ids[1]})`);
    await editMetadata(dataset, (lines) => [...lines.slice(1), { ...lines[0], id: 'another' }]);
    expect(await refusal()).toBe(`1 triplet is new (another); 1 triplet is gone (${ids[0]})`);
    await editMetadata(dataset, (lines) => lines.toReversed());
    expect(await refusal()).toBe('the triplets are in another order');

    const picture = join(dataset, 'pictures/000/000000-edited.png');
    const decoded = await readPicture(picture);
    await copyFile(picture, `${picture}.kept`);
    decoded.data[0] ^= 1;
    await writePng(picture, decoded);
    expect(await refusal()).toMatch(/^1 triplet has other pictures/);
    await copyFile(`${picture}.kept`, picture);
    await trainSmall(run);
  });

  it('may be moved, and in stage 1 scored again, as neither affects training', async () => {
    const run = await stoppedRun('moved', 1);
    const elsewhere = await writeScored(join(folder, 'elsewhere'), 8);
    await writeFile(join(elsewhere, 'corrections.jsonl'), correction('000000', 'other words altogether'));
    const moved = await trainSmall({ ...run, dataset: elsewhere });
    const straight = await trainSmall({ ...run, run: join(folder, 'moved-straight') });
    expect(await weightsOf(moved.model)).toEqual(await weightsOf(straight.model));
  });

  it('cannot be verified without the record', async () => {
    const run = await stoppedRun('unrecorded');
    await rm(join(run.run, 'inputs'), { recursive: true });
    await expect(trainSmall(run)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('no record of its inputs'),
    });
  });
});

describe('rewards', () => {
  it('are read from the metadata without a journal, in both stages', async () => {
    const dataset = await writeScored(join(folder, 'in-metadata'), 8);
    const rewards = await knownRewards(dataset);
    await rm(join(dataset, 'rewards.jsonl'));
    const reward = {
      scores: { following: 1, preserving: 2, quality: 3 },
      feedback: { quality: 'entirely plaid plaid' },
    };
    await editMetadata(dataset, (lines) => lines.map((line) => ({ ...line, reward })));
    expect(rewards.size).toBe(8);
    for (const stage of [1, 2] as const) {
      const { model } = await trainSmall({
        dataset,
        run: join(folder, `metadata-${stage}`),
        backend,
        settings: { stage, steps: 1 },
      });
      const { vocabulary } = (await openTokenizer(join(model, 'tokenizer'))).files;
      expect(Object.keys(vocabulary)).toContain('plaid</w>');
    }
  });

  it('that are too long are counted and reported once, before the first step', async () => {
    const dataset = await writeScored(join(folder, 'long'), 8);
    const words = Array.from({ length: 120 }, (_, i) => `word${i}`).join(' ');
    const things = Array.from({ length: 60 }, (_, i) => `thing${i}`).join(' ');
    const long: Reward = { scores: { following: 1 }, feedback: { following: words } };
    const [id, second] = (await knownRewards(dataset)).keys();
    await writeRewards(dataset, new Map([...(await knownRewards(dataset)), [id, long], [second, long]]));
    await editMetadata(dataset, (lines) =>
      lines.map((line, i) => (i === 0 ? { ...line, instruction: things } : line)),
    );
    const { events } = await trainSmall({
      dataset,
      run: join(folder, 'long-run'),
      backend,
      settings: { steps: 2 },
    });
    const told = events.flatMap((event, i) =>
      event.type === 'warning' && event.message.includes('texts are truncated')
        ? [{ i, message: event.message }]
        : [],
    );
    expect(told).toHaveLength(1);
    expect(told[0].message).toMatch(
      /1 of 8 instructions have more than 32 tokens, up to \d+; 2 of 8 feedback texts have more than 77 tokens, up to \d+$/,
    );
    expect(told[0].i).toBeLessThan(events.findIndex(({ type }) => type === 'step'));
  });
});
