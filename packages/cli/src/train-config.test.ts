import { trainConfigSchema } from '@rewardedit/train';
import { expect, test } from 'vitest';
import { configKey, toTrainConfig } from './train-config.ts';
import { trainFlags } from './train-flags.ts';

const defaults = Object.fromEntries(Object.entries(trainFlags).map(([name, flag]) => [name, flag.default]));

test('there is an option for everything in the config of a training', () => {
  expect(Object.keys(trainFlags).map(configKey).sort()).toEqual(Object.keys(trainConfigSchema.shape).sort());
});

test('the options have the defaults of the config', async () => {
  expect(await toTrainConfig(defaults)).toEqual(trainConfigSchema.parse({}));
});

test('options become the config', async () => {
  const config = await toTrainConfig({ ...defaults, stage: '1', 'batch-size': 4, init: 'runs/first/model' });
  expect(config).toMatchObject({ stage: 1, batchSize: 4, init: 'runs/first/model' });
});

test('a value that does not fit is named after its option', async () => {
  await expect(toTrainConfig({ ...defaults, 'learning-rate': 0 })).rejects.toMatchObject({
    code: 'usage',
    where: '--learning-rate',
  });
});
