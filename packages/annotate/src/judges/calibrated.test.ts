import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CalibrationFile } from './calibrated.ts';
import { calibrated, readCalibration } from './calibrated.ts';
import type { Judge, JudgeContext, Judgement, JudgedTriplet } from './judge.ts';

const half = { x: [0, 5], y: [0, 2.5] };
const FILE: CalibrationFile = {
  format: 'rewardedit-calibration',
  judge: 'openai:m',
  version: 'v1',
  reference: 'human',
  maps: { following: half, preserving: half, quality: { x: [2, 4], y: [1, 5] } },
};

function judgeThatSays(judgement: Judgement, version = 'v1'): Judge {
  return { name: 'openai:m', version, judge: async () => judgement };
}

const ask = async (judge: Judge) => judge.judge({} as JudgedTriplet, {} as JudgeContext);

describe('calibrated', () => {
  it("maps each score, keeps the judge's own scores, and drops their spread", async () => {
    const reward = {
      scores: { following: 4, quality: 3 },
      feedback: { following: 'x' },
      spread: { following: 1 },
    };
    const judge = calibrated(
      judgeThatSays({ reward, missing: 'detail preserving', measures: { a: 1 } }),
      FILE,
      'f',
    );
    expect(await ask(judge)).toEqual({
      reward: { scores: { following: 2, quality: 3 }, feedback: { following: 'x' } },
      missing: 'detail preserving',
      measures: { a: 1, 'uncalibrated.following': 4, 'uncalibrated.quality': 3 },
    });
    expect(judge.name).toBe('calibrated:openai:m');
  });

  it('passes on an answer without a reward', async () => {
    const judgement = { missing: 'no reply', replies: ['?'] };
    expect(await ask(calibrated(judgeThatSays(judgement), FILE, 'f'))).toEqual(judgement);
  });

  it('has another version with other maps, and rejects a judge with other settings', () => {
    const judge = judgeThatSays({ missing: '' });
    const other = { ...FILE, maps: { ...FILE.maps, quality: half } };
    expect(calibrated(judge, FILE, 'f').version).not.toBe(calibrated(judge, other, 'f').version);
    expect(() => calibrated(judgeThatSays({ missing: '' }, 'v2'), FILE, 'f')).toThrow(
      expect.objectContaining({ code: 'bad-input', where: 'f', message: expect.stringContaining('v2') }),
    );
  });
});

describe('readCalibration', () => {
  const write = async (content: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'rewardedit-calibration-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'c.json'), content);
    return join(folder, 'c.json');
  };

  it('reads what was written', async () => {
    expect(await readCalibration(await write(JSON.stringify(FILE)))).toEqual(FILE);
  });

  it.each<[string, string]>([
    ['what is not JSON', '{'],
    ['another file', '{"members": []}'],
    [
      'a map that falls',
      JSON.stringify({ ...FILE, maps: { ...FILE.maps, quality: { x: [0, 5], y: [3, 1] } } }),
    ],
    [
      'knots that go back',
      JSON.stringify({ ...FILE, maps: { ...FILE.maps, quality: { x: [5, 0], y: [1, 3] } } }),
    ],
    ['a missing perspective', JSON.stringify({ ...FILE, maps: { following: half } })],
    [
      'scores beyond the scale',
      JSON.stringify({ ...FILE, maps: { ...FILE.maps, quality: { x: [0], y: [6] } } }),
    ],
  ])('rejects %s', async (_what, content) => {
    const path = await write(content);
    await expect(readCalibration(path)).rejects.toMatchObject({ code: 'bad-input', where: path });
  });
});
