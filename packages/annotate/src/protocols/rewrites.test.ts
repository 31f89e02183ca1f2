import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../answers/answers.ts';
import { readRewrites } from '../answers/rewrites.ts';
import { createWorkplace, type Workplace } from '../run/judge-run.test.helper.ts';
import { startJudgeServer } from '../testing/index.ts';
import { rewritesProtocol } from './rewrites.ts';

const CHOICE = { rectify: true, contrast: 2 };
const [question] = rewritesProtocol(CHOICE).questions({
  instruction: 'Make it <red>.',
  kind: undefined,
  nonce: 'n1',
});
const REPLY = {
  changes: 'It is blue.',
  rectified: 'make  it blue',
  wrong_1: 'make it green',
  wrong_2: 'add a hat',
};
const read = (text: string) => question.read({ text, finish: 'complete' });

describe('rewritesProtocol', () => {
  it('asks about both pictures, with the instruction as data, for a strict form', () => {
    expect(question.parts.flatMap((part) => ('picture' in part ? [part.picture] : []))).toEqual([
      'original',
      'edited',
    ]);
    expect(JSON.stringify(question.parts)).not.toContain('<red>');
    const { properties, required } = question.format!.schema as { properties: object; required: string[] };
    expect(required).toEqual(['changes', 'rectified', 'wrong_1', 'wrong_2']);
    expect(Object.keys(properties)).toEqual(required);
  });

  it('reads the instructions, each on one line', () => {
    const rewrites = { rectified: 'make it blue', wrong: ['make it green', 'add a hat'] };
    expect(read(`<think>{}</think>\n${JSON.stringify(REPLY)}`)).toEqual({
      scores: {},
      feedback: {},
      rewrites,
    });
    const [only] = rewritesProtocol({ rectify: false, contrast: 1 }).questions({
      ...{ instruction: '', kind: undefined, nonce: '' },
    });
    expect(only.read({ text: '{"changes":"","wrong_1":"x"}', finish: 'complete' })).toMatchObject({
      rewrites: { wrong: ['x'] },
    });
  });

  it.each([
    ['', 'not JSON'],
    [JSON.stringify({ ...REPLY, rectified: ' ' }), 'an empty rectified'],
    [JSON.stringify({ ...REPLY, wrong_2: 'Make it BLUE.' }), 'wrong_2 twice'],
    [JSON.stringify({ ...REPLY, wrong_3: 'x' }), 'wrong_3'],
    [JSON.stringify({ ...REPLY, wrong_1: 5 }), 'wrong_1'],
    [JSON.stringify({ ...REPLY, rectified: 'x'.repeat(5000) }), 'rectified'],
  ])('rejects %.40s', (text, reason) => {
    expect(read(text)).toEqual({ invalid: expect.stringContaining(reason) });
  });
});

describe('a run for instructions', () => {
  let place: Workplace;
  beforeAll(async () => {
    place = await createWorkplace(4);
  });
  afterAll(() => place.remove());

  it('uses the journal, replies and budget like a run for scores', async () => {
    const server = await startJudgeServer({ reply: () => JSON.stringify(REPLY) });
    const bench = place.createBench();
    try {
      const stopped = await bench.run(server, { rewrite: CHOICE, budget: { calls: 3 }, concurrency: 1 });
      expect(stopped.error).toMatchObject({ code: 'exhausted' });
      const { summary } = await bench.run(server, { rewrite: CHOICE });
      expect(summary).toMatchObject({ judged: 1, answeredBefore: 3 });
      expect(server.calls).toHaveLength(4);
      // Another choice is another judge, whose answers are kept apart.
      const other = await bench.run(server, { rewrite: { rectify: true, contrast: 1 } });
      expect(other.error).toMatchObject({ code: 'bad-input' });
      const lines = (await bench.read()).trimEnd().split('\n');
      const [answer] = lines.map((line) => JSON.parse(line) as Answer & { reward: object });
      expect(answer).toMatchObject({
        inputs: { instruction: expect.any(String) },
        reward: { scores: {}, judge: { name: 'compatible:m', protocol: 'rewrites-v1' } },
      });
      const found = await readRewrites(bench.journal);
      expect(found.size).toBe(4);
      expect([...found.values()][0]).toEqual({
        rectified: 'make it blue',
        wrong: ['make it green', 'add a hat'],
      });
      expect(await readFile(bench.journal, 'utf8')).not.toContain('missing');
    } finally {
      await server.close();
    }
  });

  it('sets aside what cannot be read, and guesses nothing', async () => {
    const server = await startJudgeServer({ reply: () => JSON.stringify({ ...REPLY, wrong_1: '' }) });
    const bench = place.createBench();
    try {
      const { summary } = await bench.run(server, { rewrite: CHOICE });
      expect(summary).toMatchObject({ judged: 0, quarantined: 4 });
      expect((await bench.quarantined())[0].reason).toContain('an empty wrong_1');
      expect((await readRewrites(bench.journal)).size).toBe(0);
    } finally {
      await server.close();
    }
  });
});
