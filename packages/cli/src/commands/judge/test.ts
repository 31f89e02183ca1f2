import { EXIT_CODES } from '@rewardedit/core/errors';
import type { CanaryReport } from '@rewardedit/eval';
import { datasetArgument } from '../../flags/arguments.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { withVariables } from '../../flags/flags.ts';
import { judgeAccess } from '../../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../../flags/judge-flags.ts';
import { viewFlags } from '../../flags/view-flags.ts';
import { tryCanaries } from '../../judging/try-canaries.ts';
import { tellSpent, withJudge } from '../../judging/with-judge.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export default class JudgeTest extends BaseCommand<typeof JudgeTest> {
  static override summary = 'Ask a judge questions whose answers one knows, and show whether it passes.';

  static override description = `The questions, called canaries, are made from a few triplets of a dataset: the original given as its own
edit, an edit of another picture, noise in the place of the edit, an instruction that tells the judge what to answer, and the like. A judge
that fails them gives scores that mean little. What it answers is scored nowhere; it costs some twenty calls. The exit code is 1 where a
canary failed, 68 where one could not be tried.`;

  static override examples = [
    {
      description: 'Before a model scores a whole dataset',
      command: '<%= config.bin %> <%= command.id %> data/photos --judge openai:gpt-6-luna',
    },
    {
      description: 'A model on a server of your own',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --judge compatible:qwen2.5-vl --base-url http://127.0.0.1:8000/v1',
    },
  ];

  static override args = {
    dataset: datasetArgument,
  };

  static override flags = withVariables('judge test', { ...judgeFlags, ...viewFlags });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof JudgeTest>,
    options: OptionsOf<typeof JudgeTest>,
  ): Promise<CanaryReport> {
    const { ledgerPath, rewardsPath } = await import('@rewardedit/annotate');
    const { formatCanaries } = await import('../../output/canary-table.ts');
    const { dataset } = await openFilledDataset(path);
    const rewards = rewardsPath(dataset);
    const choice = { ...judgeChoice(options, rewards), ledger: ledgerPath(rewards) };
    const access = await judgeAccess([choice.judge], options, (name) => this.isTyped(name));
    const note = (message: string) => this.note(message);
    return withJudge(choice, access, note, async (opened) => {
      const { longWork } = this.judgingCommand();
      const report = await tryCanaries(dataset, opened.judge, longWork);
      this.log(formatCanaries(report));
      await tellSpent(opened, (text) => this.log(`\n${text}`));
      const outcomes = report.canaries.map(({ outcome }) => outcome);
      if (outcomes.includes('failed')) process.exitCode = EXIT_CODES.failed;
      else if (outcomes.some((outcome) => outcome !== 'passed')) this.endInPart();
      return report;
    });
  }
}
