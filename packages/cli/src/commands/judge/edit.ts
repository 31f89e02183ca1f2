import { join } from 'node:path';
import { Flags } from '@oclif/core';
import type { Spending } from '@rewardedit/annotate';
import type { Reward } from '@rewardedit/core';
import { printable } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
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
  /** Why there is no reward, or only an incomplete one. */
  readonly missing?: string;
  readonly spending?: Spending;
};

export default class JudgeEdit extends BaseCommand<typeof JudgeEdit> {
  static override summary = 'Score one edit with a judge.';

  static override description = `Scores one edit as \`annotate\` would, from the original, the edit and the instruction. Replies of a language model are cached in the
user's state folder (XDG_STATE_HOME), or in the folder of --cache-dir, so that no reply is paid for twice. The oracle needs the true edit.`;

  static override examples = examples({
    'With a language model': 'photo.jpg snowy.png "make it snowy" --judge openai:gpt-6-luna',
    'With the oracle, against the true edit': 'scene.png edited.png "make the circle red" --truth true.png',
  });

  static override args = {
    original: requiredArgument('Original picture.'),
    edited: requiredArgument('Edited picture.'),
    instruction: requiredArgument('Instruction of the edit.'),
  };

  static override flags = withVariables('judge edit', {
    truth: Flags.string({ summary: 'True edit, which the oracle compares with.', helpValue: 'FILE' }),
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
    const { log, note } = this.context();
    return withJudge(choice, access, note, async (opened) => {
      const pair = { original, edited, instruction, truth: options.truth };
      const { reward, missing } = await this.longWork(
        { phase: 'Judging', unit: 'edits', total: 1 },
        async ({ emit, signal }) => judgePair(opened, pair, { signal, emit }),
      );
      const rows = PERSPECTIVES.map((name) => [
        PERSPECTIVE_TITLES[name],
        reward?.scores[name] ?? '-',
        reward?.feedback[name] ?? '',
      ]);
      if (reward !== undefined) this.log(printable(formatTable(['perspective', 'score', 'feedback'], rows)));
      if (missing !== undefined) this.endInPart(`There is no full reward: ${missing}`);
      const { spending } = await tellSpent(opened, log);
      return {
        judge: { name: opened.judge.name, version: opened.judge.version },
        ...(reward !== undefined && { reward }),
        ...(missing !== undefined && { missing }),
        ...(spending !== undefined && { spending }),
      };
    });
  }
}
