import { EXIT_CODES } from '@rewardedit/core/errors';
import type { CanaryReport } from '@rewardedit/eval';
import { examples } from '../../flags/examples.ts';
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
  static override summary = 'Test a judge on questions with known answers.';

  static override description = `The questions, called canaries, are built from a few triplets of a dataset: the original passed off as its own edit, an edit of another
picture, noise instead of an edit, an instruction that tells the judge what to answer, and the like. The scores of a judge that fails them
mean little. Its answers are not recorded; the test takes about twenty calls. The exit code is 1 if a canary failed, and 68 if one could
not be tested.`;

  static override examples = examples({
    'Before a model scores a whole dataset': 'data/photos --judge openai:gpt-6-luna',
    'A model on your own server':
      'data/photos --judge compatible:qwen2.5-vl --base-url http://127.0.0.1:8000/v1',
  });

  static override args = { dataset: datasetArgument };

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
    const { note, longWork } = this.context();
    return withJudge(choice, access, note, async (opened) => {
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
