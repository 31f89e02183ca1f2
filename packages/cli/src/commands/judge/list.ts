import type { KnownModel } from '@rewardedit/annotate';
import { printable } from '@rewardedit/core/text';
import { withVariables } from '../../flags/flags.ts';
import { judgeFlags } from '../../flags/judge-flags.ts';
import { formatTable } from '../../output/table.ts';
import { BaseCommand, type OptionsOf } from '../../running/base-command.ts';

export type ModelList = {
  /** The day on which the table that comes with the program was read. */
  readonly asOf: string;
  readonly models: readonly KnownModel[];
};

export default class JudgeList extends BaseCommand<typeof JudgeList> {
  static override summary =
    'List the language models that are known: prices, what they take, their last day.';

  static override description = `Any model can judge whose server speaks OpenAI's API. Of those in this table, prices, limits and what
they cannot take are known; of others, --model-table says it. Prices are US dollars for a million tokens, on the day of the table;
--json has all that is known, and where each was read.`;

  static override examples = [
    { description: 'All of them', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'With your own, in place of those of the same names',
      command: '<%= config.bin %> <%= command.id %> --model-table models.json',
    },
  ];

  static override flags = withVariables('judge list', { 'model-table': judgeFlags['model-table'] });

  protected async work(
    _arguments: object,
    { 'model-table': path }: OptionsOf<typeof JudgeList>,
  ): Promise<ModelList> {
    const { MODEL_TABLE_DATE: asOf, knownModels, readModelTable } = await import('@rewardedit/annotate');
    const own = path === undefined ? [] : await readModelTable(path);
    const named = new Set(own.map(({ model }) => model));
    const models = [...own, ...knownModels.filter(({ model }) => !named.has(model))];
    const rows = models.map(({ model, prices, structuredOutput, logprobs, shutdown, replacement }) => [
      printable(model),
      prices?.input ?? '-',
      prices?.output ?? '-',
      yesOrNo(structuredOutput),
      yesOrNo(logprobs),
      [shutdown ?? '', ...(replacement === undefined ? [] : [`then ${printable(replacement)}`])].join(', '),
    ]);
    this.log(formatTable(['model', '$ in', '$ out', 'JSON schema', 'logprobs', 'shuts down'], rows));
    this.log(`\nAs of ${asOf}; $ for a million tokens, a dash where it is not known.`);
    return { asOf, models };
  }
}

function yesOrNo(fact: boolean | undefined): string {
  return fact === undefined ? '-' : fact ? 'yes' : 'no';
}
