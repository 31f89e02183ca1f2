import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Judgement, Spending } from '@rewardedit/annotate';
import type { Reward } from '@rewardedit/core';
import { stateFolder } from '../../config/state-folder.ts';
import { withVariables } from '../../flags/flags.ts';
import { judgeAccess } from '../../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../../flags/judge-flags.ts';
import { judgePair } from '../../judging/judge-pair.ts';
import { warnOfRetirement } from '../../judging/judging.ts';
import { formatSpending } from '../../output/format-spending.ts';
import { formatTable } from '../../output/table.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { viewFlags } from '../../flags/view-flags.ts';

export type JudgeReport = {
  readonly judge: { readonly name: string; readonly version: string };
  readonly reward?: Reward;
  /** Why there is no reward, or none for all perspectives. */
  readonly missing?: string;
  readonly spending?: Spending;
};

export default class JudgeEdit extends BaseCommand<typeof JudgeEdit> {
  static override summary = 'Let a judge score one edit.';

  static override description = `Asks as \`annotate\` does, about one original, its edit and the instruction. A language model's replies are kept among what programs
keep (XDG_STATE_HOME), unless --cache-dir names a folder, so that the same edit is not paid for twice. The oracle needs the true edit.`;

  static override examples = [
    {
      description: 'By a language model',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg snowy.png "make it snowy" --judge openai:gpt-6-luna',
    },
    {
      description: 'Against the true edit',
      command:
        '<%= config.bin %> <%= command.id %> scene.png edited.png "make the circle red" --truth true.png',
    },
  ];

  static override args = {
    original: Args.string({ description: 'The picture before.', required: true, ignoreStdin: true }),
    edited: Args.string({ description: 'The picture after.', required: true, ignoreStdin: true }),
    instruction: Args.string({ description: 'What was to be done.', required: true, ignoreStdin: true }),
  };

  static override flags = withVariables('judge edit', {
    truth: Flags.string({ summary: 'The true edit, which the oracle measures against.', helpValue: 'FILE' }),
    ...judgeFlags,
    ...viewFlags,
  });

  protected async work(
    { original, edited, instruction }: ArgumentsOf<typeof JudgeEdit>,
    options: OptionsOf<typeof JudgeEdit>,
  ): Promise<JudgeReport> {
    const { createJudge } = await import('@rewardedit/annotate');
    const { EXIT_CODES, PERSPECTIVES, PERSPECTIVE_TITLES } = await import('@rewardedit/core');
    const { printable } = await import('@rewardedit/core/text');
    const choice = judgeChoice(options, join(stateFolder('judge', 1), 'rewards.jsonl'));
    const access = await judgeAccess([choice.judge], options, (name) => this.isTyped(name));
    const opened = await createJudge(choice, access);
    const { judge, spending } = opened;
    let judgement: Judgement;
    try {
      await warnOfRetirement(opened, (message) => this.note(message));
      judgement = await this.longWork({ phase: 'Judging', unit: 'edits', total: 1 }, async (emit, signal) =>
        judgePair(opened, { original, edited, instruction, truth: options.truth }, { signal, emit }),
      );
    } finally {
      await opened.close();
    }
    const { reward, missing } = judgement;
    const rows = PERSPECTIVES.map((name) => [
      PERSPECTIVE_TITLES[name],
      reward?.scores[name] ?? '-',
      reward?.feedback[name] ?? '',
    ]);
    if (reward !== undefined) this.log(printable(formatTable(['perspective', 'score', 'feedback'], rows)));
    if (missing !== undefined) {
      process.exitCode = EXIT_CODES.partial;
      this.note(`There is no full reward: ${missing}`);
    }
    const used = spending?.();
    if (used !== undefined && used.calls + used.stored > 0) this.log(`Used: ${formatSpending(used)}.`);
    return {
      judge: { name: judge.name, version: judge.version },
      ...(reward !== undefined && { reward }),
      ...(missing !== undefined && { missing }),
      ...(used !== undefined && { spending: used }),
    };
  }
}
