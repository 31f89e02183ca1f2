import type { KnownModel } from '@rewardedit/annotate';
import { printable } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
import { withVariables } from '../../flags/flags.ts';
import { judgeFlags } from '../../flags/judge-flags.ts';
import { formatTable } from '../../output/table.ts';
import { BaseCommand, type OptionsOf } from '../../running/base-command.ts';

export type ModelList = {
  /** Date of the built-in table. */
  readonly asOf: string;
  readonly models: readonly KnownModel[];
};

export default class JudgeList extends BaseCommand<typeof JudgeList> {
  static override summary = 'List the known language models with prices, capabilities and shutdown dates.';

  static override description = `Any model on a server with an OpenAI-compatible API can be a judge. This table contains models whose prices, limits and capabilities
are built in; add others with --model-table. Prices are in US dollars per million tokens, as of the date of the table; --json includes
everything that is known, with sources.`;

  static override examples = examples({
    'All known models': '',
    'Including your own, which replace those of the same names': '--model-table models.json',
  });

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
    this.log(`\nAs of ${asOf}. Prices per million tokens; a dash means unknown.`);
    return { asOf, models };
  }
}

function yesOrNo(fact: boolean | undefined): string {
  return fact === undefined ? '-' : fact ? 'yes' : 'no';
}
