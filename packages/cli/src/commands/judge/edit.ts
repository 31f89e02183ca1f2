import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { Spending } from '@rewardedit/annotate';
import type { Reward } from '@rewardedit/core';
import { printable } from '@rewardedit/core/text';
import { requiredArgument } from '../../flags/arguments.ts';
import { stateFolder } from '../../config/state-folder.ts';
import { withVariables } from '../../flags/flags.ts';
import { judgeAccess } from '../../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../../flags/judge-flags.ts';
import { judgePair } from '../../judging/judge-pair.ts';
import { tellSpent, withJudge } from '../../judging/with-judge.ts';
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
    original: requiredArgument('The picture before.'),
    edited: requiredArgument('The picture after.'),
    instruction: requiredArgument('What was to be done.'),
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
    const { PERSPECTIVES, PERSPECTIVE_TITLES } = await import('@rewardedit/core');
    const choice = judgeChoice(options, join(stateFolder('judge', 1), 'rewards.jsonl'));
    const access = await judgeAccess([choice.judge], options, (name) => this.isTyped(name));
    const note = (message: string) => this.note(message);
    return withJudge(choice, access, note, async (opened) => {
      const pair = { original, edited, instruction, truth: options.truth };
      const { reward, missing } = await this.longWork(
        { phase: 'Judging', unit: 'edits', total: 1 },
        async (emit, signal) => judgePair(opened, pair, { signal, emit }),
      );
      const rows = PERSPECTIVES.map((name) => [
        PERSPECTIVE_TITLES[name],
        reward?.scores[name] ?? '-',
        reward?.feedback[name] ?? '',
      ]);
      if (reward !== undefined) this.log(printable(formatTable(['perspective', 'score', 'feedback'], rows)));
      if (missing !== undefined) this.endInPart(`There is no full reward: ${missing}`);
      const { spending } = await tellSpent(opened, (text) => this.log(text));
      return {
        judge: { name: opened.judge.name, version: opened.judge.version },
        ...(reward !== undefined && { reward }),
        ...(missing !== undefined && { missing }),
        ...(spending !== undefined && { spending }),
      };
    });
  }
}
