import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
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

  static override description = `Opens on a terminal; so does \`rewardedit\` alone. Choose a model and a picture, say what to do with it, set the three scores to
ask for and the guidance, and watch it denoise. What was made can be compared with the original, judged, varied, swept over
one slider, saved with its settings, and made again by a command: the commands of everything that was made are printed at
the end.`;

  static override examples = [
    {
      description: 'With models and pictures below this folder',
      command: '<%= config.bin %> <%= command.id %>',
    },
    {
      description: 'With a picture and a model that are known',
      command: '<%= config.bin %> <%= command.id %> photo.jpg --model runs/photos/model',
    },
  ];

  static override args = {
    picture: Args.string({ description: 'Picture to begin with.', ignoreStdin: true }),
  };

  static override flags = {
    ...withVariables('session', {
      model: Flags.string({ summary: 'Model folder to begin with.', helpValue: 'FOLDER' }),
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
      if (commands.length > 0) this.log(`The same by commands:\n${commands.join('\n')}`);
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
    hint: 'without one, use `rewardedit edit`; `rewardedit help` lists all commands',
  });
}
