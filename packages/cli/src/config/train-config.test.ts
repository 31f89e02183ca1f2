import { COMMON_DEFAULTS, MODEL_DEFAULTS, trainConfigSchema } from '@rewardedit/train';
import { expect, test } from 'vitest';
import { configKey, toTrainSettings } from './train-config.ts';
import { DEFAULTS, trainFlags } from '../flags/train-flags.ts';

test('every field of a training config has an option', () => {
  expect(Object.keys(trainFlags).map(configKey).sort()).toEqual(Object.keys(trainConfigSchema.shape).sort());
});

const KINDS = ['scenes', 'photos', 'latents', 'published'] as const;

test('the defaults in the help are those of the training', () => {
  const comparable = (value: unknown) => {
    const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    return text.split(',').map((part) => (Number.isNaN(Number(part)) ? part : Number(part)));
  };
  for (const kind of KINDS) {
    const told = Object.entries(DEFAULTS).map(([name, value]: [string, string | Record<string, string>]) => [
      configKey(name),
      comparable(typeof value === 'string' ? value : (value[kind] ?? value['scenes'])),
    ]);
    const actual = Object.entries({ ...COMMON_DEFAULTS, ...MODEL_DEFAULTS[kind] });
    const expected = actual.map(([key, value]) => [key, comparable(value)]);
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
  }
});

test('converts options to settings, and leaves out missing ones', async () => {
  const settings = await toTrainSettings({
    stage: '1',
    'batch-size': 4,
    init: 'runs/first/model',
    out: 'run',
  });
  expect(settings).toEqual({ stage: 1, batchSize: 4, init: 'runs/first/model' });
});

test('names the option of an invalid value', async () => {
  await expect(toTrainSettings({ 'learning-rate': 0 })).rejects.toMatchObject({
    code: 'usage',
    where: '--learning-rate',
  });
});
