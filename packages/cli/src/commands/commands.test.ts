import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SCENE_SPLITS } from '@rewardedit/data';
import { SAMPLERS, defaultEditSettings, parseSchedulerConfig, pixelSpace } from '@rewardedit/diffusion';
import { PERSPECTIVES } from '@rewardedit/core';
import { LEARNING_RATE_SCHEDULES } from '@rewardedit/graph';
import { TRAINED_PARTS } from '@rewardedit/train';
import { describe, expect, test } from 'vitest';
import { BaseCommand } from '../running/base-command.ts';
import { trainFlags } from '../flags/train-flags.ts';
import DataScenes from './data/scenes.ts';
import Edit from './edit.ts';
import { commands } from './index.ts';

describe.each(Object.entries(commands))('%s', (id, command) => {
  test('has a summary, a description and two examples with long flags', () => {
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
    expect(command.description.length).toBeGreaterThan(80);
    const examples = command.examples.map((example) =>
      typeof example === 'string' ? example : example.command,
    );
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const example of examples) {
      expect(example).toMatch(/^<%= config.bin %> <%= command.id %>/);
      expect(example).not.toMatch(/ -[a-z]\b/);
      const known = Object.keys({ ...BaseCommand.baseFlags, ...command.flags });
      for (const [, name] of example.matchAll(/ --([\w-]+)/g)) expect(known).toContain(name);
    }
  });

  test('has a summary and an environment variable for every option', () => {
    for (const [name, flag] of Object.entries(command.flags ?? {})) {
      // A hidden one is what a command of ours tells another.
      if (flag.hidden === true) continue;
      expect(flag.summary).toMatch(/^[\w]/);
      const ofCommand = `REWARDEDIT_${id}_${name}`.replaceAll(/[:-]/g, '_').toUpperCase();
      const shared = `REWARDEDIT_${name}`.toUpperCase();
      expect([ofCommand, shared]).toContain(flag.env);
    }
  });

  test('reads its arguments only from the command line', () => {
    for (const argument of Object.values(command.args ?? {})) expect(argument.ignoreStdin).toBe(true);
  });
});

describe('choices that are repeated to keep startup fast equal those of the packages', () => {
  test('splits, samplers, schedules and parts of a model', () => {
    expect(DataScenes.flags.split.options).toEqual(SCENE_SPLITS);
    expect(Edit.flags.sampler.options).toEqual(Object.keys(SAMPLERS));
    expect(trainFlags.schedule.options).toEqual(LEARNING_RATE_SCHEDULES);
    expect(trainFlags.train.options).toEqual(['all', ...TRAINED_PARTS]);
  });

  test('defaults of an edit', () => {
    const help = (flag: keyof typeof Edit.flags) => String(Edit.flags[flag].summary);
    const [own, published] = (['pixels', 'latents'] as const).map((kind) =>
      defaultEditSettings({
        space: { ...pixelSpace(2), kind },
        scheduler: parseSchedulerConfig({}),
      }),
    );
    const names = {
      steps: 'steps',
      'text-guidance': 'textScale',
      'image-guidance': 'imageScale',
      'reward-guidance': 'rewardScale',
    } as const;
    for (const [flag, name] of Object.entries(names)) {
      expect(help(flag as keyof typeof names)).toContain(
        `[default: ${own[name]}, for InstructPix2Pix models ${published[name]}]`,
      );
    }
    expect(help('sampler')).toContain(`[default: ${own.sampler},`);
    expect(Edit.flags.seed.default).toBe(own.seed);
    expect(Edit.flags.scores.default).toBe(PERSPECTIVES.map((name) => own.reward.scores[name]).join(','));
  });
});

/** Folders of the package that judges, from which a user is told what to do about a judge. */
const ADVISING = /^(?:language-model|judges|protocols|run)\b.*(?<!\.test|\.helper)\.ts$/;

test('options named in messages about judges exist in every command with a judge', async () => {
  const source = join(import.meta.dirname, '../../../annotate/src');
  const files = (await readdir(source, { recursive: true })).filter((name) => ADVISING.test(name));
  const texts = await Promise.all(files.map((name) => readFile(join(source, name), 'utf8')));
  const code = texts.join('\n').replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, '');
  const named = new Set(Array.from(code.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g), ([, name]) => name));
  // Only `annotate` judges in batches, and is told to leave that out.
  named.delete('batch');
  expect([...named]).toEqual(expect.arrayContaining(['base-url', 'model-table', 'max-cost', 'protocol']));
  const judging = Object.entries(commands)
    .map(([id, command]) => [id, command.flags ?? {}] as const)
    .filter(([, flags]) => 'judge' in flags && 'max-cost' in flags);
  expect(judging.map(([id]) => id)).toEqual(
    expect.arrayContaining(['annotate', 'edit', 'eval', 'judge:edit']),
  );
  for (const [id, flags] of judging)
    expect(
      [...named].filter((name) => !(name in flags)),
      id,
    ).toEqual([]);
});
