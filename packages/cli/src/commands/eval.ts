import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { OpenedJudge } from '@rewardedit/annotate';
import type { Dataset } from '@rewardedit/data';
import type { Emit } from '@rewardedit/core';
import { printable, shellWord } from '@rewardedit/core/text';
import type { AgreementReport, Benchmark, GroupSummary, MissingEdit } from '@rewardedit/eval';
import { examples } from '../flags/examples.ts';
import { requiredArgument } from '../flags/arguments.ts';
import { backendFlags } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags } from '../flags/draw-flags.ts';
import { openCandidate } from '../eval/eval-candidate.ts';
import { EVAL_FORMATS, formatRun, writeRunReport } from '../eval/eval-output.ts';
import { stateFlags } from '../flags/state-flags.ts';
import { inGroup, outFlag, repeatable, withVariables } from '../flags/flags.ts';
import { judgeDataset } from '../judging/judge-dataset.ts';
import { tryCanaries } from '../judging/try-canaries.ts';
import { judgeFlags } from '../flags/judge-flags.ts';
import { queueFlag } from '../flags/queue-flag.ts';
import { reportFlags, reportNotes } from '../flags/report-flags.ts';
import { formatTable } from '../output/table.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { weightsFlags } from '../flags/weights-flags.ts';

const NO_JUDGE = 'none';

export type EvalReport = {
  readonly run: string;
  /** Path of the page with all items. */
  readonly report: string;
  readonly benchmark: { readonly path: string; readonly layout: string; readonly items: number };
  readonly groups: readonly GroupSummary[];
  /** Items without an edit. */
  readonly missing: readonly MissingEdit[];
  /** Files in a folder of edits that belong to no item. */
  readonly extra: readonly string[];
  /** Agreement between the judges, if there are several. */
  readonly agreement?: AgreementReport;
};

export default class Eval extends BaseCommand<typeof Eval> {
  static override summary =
    'Evaluate an editor on a benchmark: a model, or a folder of edits made by any program.';

  static override description = `Edits every item of the benchmark once, or takes the edit from the folder by the item's id. The run folder keeps all edits, and is
a dataset for \`review\` and \`annotate\`. A judge scores the edits as in \`annotate\`, and pixel metrics are computed: against the true edit if
the benchmark has it, inside and outside the region that it changes. Every mean is reported with its 95 % interval (edits of one photo are
resampled together), its N and the number of missing values.

A benchmark is Real-Edit's folder (photos and instructions.json), a JSON file of records, or a dataset in any format that \`data convert\`
reads, whose edited pictures are the true edits. The same command resumes an interrupted run.`;

  static override examples = examples({
    'A model on held-out scenes, with scores by the oracle and pixel metrics':
      'runs/first/model --on data/held-out --out runs/eval-first',
    "Another editor's pictures on Real-Edit, scored by a language model with a protocol close to the paper's":
      '~/edits --on real-edit --out runs/theirs --judge openai:gpt-6-luna --protocol real-edit-like --max-cost 20',
    'Metrics only, including LPIPS':
      '~/edits --on data/held-out --out runs/theirs --judge none --lpips alex.onnx',
  });

  static override args = {
    candidate: requiredArgument('Model folder or file, or a folder of edited pictures.'),
  };

  static override flags = {
    ...withVariables('eval', {
      ...viewFlags,
      on: Flags.string({
        summary: 'Benchmark: a folder, a file or a dataset.',
        required: true,
        helpValue: 'PATH',
      }),
      out: outFlag('Run folder to create or resume.', 'FOLDER'),
      format: Flags.option({ options: EVAL_FORMATS })({
        summary: 'Output format; csv has a line per item, junit a test per item.',
        default: 'text',
      }),
      ...judgeFlags,
      judge: Flags.string({
        summary:
          'Judge, as in `annotate`, or none; by default the oracle if all true edits are known, otherwise none. If given twice, both judges score, and their agreement is shown.',
        helpValue: 'JUDGE',
        ...repeatable,
      }),
      canaries: Flags.boolean({
        summary: 'Canaries: first test each judge on questions with known answers, and stop if it fails.',
      }),
      queue: queueFlag({ helpGroup: 'Scaling' }),
      'retry-quarantined': Flags.boolean({ summary: 'Judge quarantined edits again.' }),
      ...inGroup('Metrics by networks', {
        lpips: networkFlag('LPIPS'),
        clip: networkFlag("CLIP's image encoder"),
        'clip-text': networkFlag("CLIP's text encoder, for benchmarks with captions"),
        'clip-tokenizer': Flags.string({
          summary: "Folder of CLIP's tokenizer: vocab.json and merges.txt, or tokenizer.json.",
          helpValue: 'FOLDER',
        }),
        dino: networkFlag('DINO'),
      }),
      ...reportFlags,
      ...drawFlags,
      ...stateFlags,
      ...weightsFlags,
    }),
    ...backendFlags,
  };

  protected async work(
    { candidate: path }: ArgumentsOf<typeof Eval>,
    options: OptionsOf<typeof Eval>,
  ): Promise<EvalReport> {
    const { createFetch } = await import('@rewardedit/data');
    const { collectEdits, openBenchmark, openEvalRun, summarize } = await import('@rewardedit/eval');
    const { claimRunFolder } = await import('@rewardedit/core');
    const benchmark = await openBenchmark(options.on, { columns: {}, fetch: createFetch([]) });
    const judges = judgesOf(options.judge, benchmark);
    const opened = await openCandidate(path, benchmark, options);
    try {
      const { candidate } = opened;
      const digest = digestOf(benchmark);
      const config = {
        command: 'eval',
        benchmark: { path: resolve(options.on), digest },
        candidate: candidate.config,
      };
      const release = await claimRunFolder(options.out, { config });
      try {
        const { emit } = await this.beginRun({
          folder: options.out,
          fresh: !existsSync(join(options.out, 'metadata.jsonl')),
        });
        const { missing } = await this.longWork(
          { phase: 'Editing', unit: 'edits', total: benchmark.items.length, requests: ['pause'] },
          (hooks) => collectEdits({ benchmark, candidate, folder: options.out, ...hooks }),
        );
        await this.measure(options, benchmark, benchmark.items.length - missing.length);
        for (const [number, judge] of judges.entries()) await this.judge(judge, number, options);
        const run = await openEvalRun(options.out);
        const groups = summarize(run.items, { absent: missing, seed: options.seed });
        tellMetrics(groups, emit);
        this.log(await formatRun(groups, run, missing, options.format));
        const agreement = await this.compareJudges(judges, options);
        const written = await writeRunReport(run, groups, agreement, {
          path: options.report ?? join(options.out, 'report.html'),
          isSingleFile: options['single-file'],
        });
        for (const note of reportNotes(written)) this.note(note);
        this.tellWhatIsMissing(missing, candidate.extra, groups);
        if (options.format === 'text') this.suggestNext(`review ${shellWord(options.out)}`);
        const about = { path: options.on, layout: benchmark.layout, items: benchmark.items.length };
        return {
          ...{
            run: options.out,
            report: written.path,
            benchmark: about,
            groups,
            missing,
            extra: candidate.extra,
          },
          ...(agreement !== undefined && { agreement }),
        };
      } finally {
        await release();
      }
    } finally {
      await opened.close();
    }
  }

  private async measure(options: OptionsOf<typeof Eval>, { items }: Benchmark, total: number): Promise<void> {
    const { out, lpips, clip, 'clip-text': clipText, 'clip-tokenizer': clipTokenizer, dino } = options;
    const { measureEdits, openPerceptualMetrics } = await import('@rewardedit/eval');
    const perceptual = await openPerceptualMetrics({ lpips, clip, clipText, clipTokenizer, dino });
    const captions = new Map(items.flatMap(({ id, captions: said }) => (said ? [[id, said]] : [])));
    try {
      await this.longWork({ phase: 'Measuring', unit: 'edits', total }, ({ emit, signal }) =>
        measureEdits({ folder: out, perceptual, captions, signal, emit }),
      );
    } finally {
      await Promise.all(perceptual.map(({ dispose }) => dispose()));
    }
  }

  /** Lets a judge score every edit. Each judge has its own journal in the run folder. */
  private async judge(judge: string, number: number, options: OptionsOf<typeof Eval>): Promise<void> {
    const { openDataset } = await import('@rewardedit/data');
    const dataset = await openDataset(options.out);
    await judgeDataset(
      dataset,
      journalOf(options.out, number),
      { ...options, judge, retryQuarantined: options['retry-quarantined'] },
      this.context(),
      async (opened) => {
        if (options.canaries) await this.tryCanaries(judge, dataset, opened);
      },
    );
  }

  private async tryCanaries(name: string, dataset: Dataset, { judge }: OpenedJudge): Promise<void> {
    const { formatCanaries } = await import('../output/canary-table.ts');
    const report = await tryCanaries(dataset, judge, this.context().longWork);
    this.note(formatCanaries(report));
    const failed = report.canaries.filter(({ outcome }) => outcome === 'failed').map((each) => each.name);
    if (failed.length === 0) return;
    throw new RewardEditError('failed', `the judge ${name} failed canaries: ${failed.join(', ')}`, {
      hint: 'its scores would mean little; choose another judge, or omit --canaries; the edits are kept',
    });
  }

  /** Measures how far two judges agree; undefined if there are fewer. */
  private async compareJudges(
    judges: readonly string[],
    { out, seed, format }: OptionsOf<typeof Eval>,
  ): Promise<AgreementReport | undefined> {
    if (judges.length < 2) return undefined;
    const { judgesTable, measureAgreement, readRatings } = await import('@rewardedit/eval');
    const journals = judges.map((_, number) => journalOf(out, number));
    const ratings = await readRatings(journals, { dataset: out });
    const agreement = await measureAgreement(ratings, { seed });
    if (format === 'text')
      for (const each of agreement.comparisons) {
        const { header, rows } = judgesTable(each);
        this.log(`\n${printable(formatTable(header, rows))}`);
      }
    return agreement;
  }

  private tellWhatIsMissing(
    missing: readonly MissingEdit[],
    extra: readonly string[],
    groups: readonly GroupSummary[],
  ): void {
    for (const { id, reason } of missing.slice(0, 10)) this.note(`No edit of ${id}: ${reason}.`);
    if (missing.length > 10) this.note(`${missing.length} items have no edit; --json lists all of them.`);
    if (extra.length > 0)
      this.note(`${extra.length} pictures belong to no item, such as ${extra.slice(0, 3).join(', ')}.`);
    const incomplete = groups[0].columns.some(
      ({ worstCase, missing: count }) => worstCase !== undefined && count > 0,
    );
    if (missing.length === 0 && !incomplete) return;
    this.endInPart();
  }
}

/** The journal of a judge's answers; the first judge has the dataset's usual one. */
function journalOf(run: string, number: number): string {
  return join(run, number === 0 ? 'rewards.jsonl' : `rewards-${number + 1}.jsonl`);
}

/** The judges that are named, otherwise the oracle if all true edits are known. */
function judgesOf(named: readonly string[] | undefined, { items }: Benchmark): string[] {
  if (named === undefined) return items.every(({ truth }) => truth !== undefined) ? ['oracle'] : [];
  const judges = named.filter((judge) => judge !== NO_JUDGE);
  const hasTwice = new Set(judges).size < judges.length;
  if (!hasTwice && (judges.length === named.length || named.length === 1)) return judges;
  throw new RewardEditError('usage', 'each judge may be given once, and `none` only alone', {
    where: '--judge',
    hint: `got ${named.join(', ')}`,
  });
}

function networkFlag(name: string) {
  return Flags.string({
    summary: `ONNX file of ${name}; see docs/evaluation.md for how to export it.`,
    helpValue: 'FILE',
  });
}

/** Emits the means over all kinds of edits as events. */
function tellMetrics([{ columns }]: readonly GroupSummary[], emit: Emit): void {
  for (const { column: name, mean, count: n, missing } of columns)
    if (mean !== null) emit({ type: 'metric', name, value: mean, n, missing });
}

/** Distinguishes two benchmarks at the same path by their items and instructions. */
function digestOf({ items }: Benchmark): string {
  const asked = JSON.stringify(items.map(({ id, instruction }) => [id, instruction]));
  return createHash('sha256').update(asked).digest('hex');
}
