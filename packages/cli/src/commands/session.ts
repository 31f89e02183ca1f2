import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { examples } from '../flags/examples.ts';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags } from '../flags/draw-flags.ts';
import { screenReaderFlag, withVariables } from '../flags/flags.ts';
import { weightsFlags } from '../flags/weights-flags.ts';
import { judgeAccess } from '../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../flags/judge-flags.ts';
import { canShowScreens, loadScreens } from '../running/open-screen.ts';

export default class Session extends BaseCommand<typeof Session> {
  static override summary = 'Edit pictures interactively: try, compare, judge, vary, keep.';

  static override description = `Opens on a terminal, as does \`rewardedit\` without arguments. Choose a model and a picture, type an instruction, set the scores to
ask for and the guidance scales, and watch the edit being denoised. Compare results with the original, judge them, make variations, sweep over one
slider, save them with their settings. At the end, the command that reproduces each result is printed.`;

  static override examples = examples({
    'With the models and pictures in the current folder': '',
    'With a given picture and model': 'photo.jpg --model runs/photos/model',
  });

  static override args = {
    picture: Args.string({ description: 'Picture to start with.', ignoreStdin: true }),
  };

  static override flags = {
    ...withVariables('session', {
      model: Flags.string({ summary: 'Model folder to start with.', helpValue: 'FOLDER' }),
      'screen-reader': screenReaderFlag(),
      ...drawFlags,
      ...weightsFlags,
      ...judgeFlags,
    }),
    ...backendFlags,
  };

  protected async work(
    { picture }: ArgumentsOf<typeof Session>,
    options: OptionsOf<typeof Session>,
  ): Promise<{ readonly commands: readonly string[] }> {
    if (!canShowScreens()) throw noTerminal();
    const { openSession } = await loadScreens();
    const { createJudge } = await import('@rewardedit/annotate');
    const { startRun } = await import('@rewardedit/core');
    const { openStudio } = await import('../session/studio.ts');
    const { suitedSliders } = await import('../session/suited-sliders.ts');
    const folder = await mkdtemp(join(tmpdir(), 'rewardedit-session-'));
    const run = await startRun({ folder, command: 'session', version: this.config.version });
    const access = await judgeAccess([options.judge], options, (name) => this.isTyped(name));
    const backend = await openBackend(options);
    const choice = judgeChoice(options, join(folder, 'rewards.jsonl'));
    const { studio, close } = openStudio({
      ...{ root: process.cwd(), folder, run, backend, draw: options, weights: options, judge: choice },
      openJudge: () => createJudge(choice, access),
    });
    try {
      const versions = await openSession({
        ...{ studio, folder: process.cwd(), isSpoken: options['screen-reader'] },
        choice: {
          ...{ model: options.model, picture, instruction: '', seed: options.seed },
          scores: { following: 5, preserving: 5, quality: 5 },
          ...(await suitedSliders(options.model, options)),
        },
      });
      const commands = versions.flatMap((version, i) =>
        studio.commands(version, version.saved ?? `edited-${i + 1}.png`),
      );
      if (commands.length > 0) this.log(`Commands that reproduce the results:\n${commands.join('\n')}`);
      return { commands };
    } finally {
      await close();
      await backend.dispose();
      await run.finish({ status: 'done' });
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function noTerminal(): RewardEditError {
  return new RewardEditError('usage', 'the interactive session needs a terminal', {
    hint: 'use `rewardedit edit` instead; `rewardedit help` lists all commands',
  });
}
