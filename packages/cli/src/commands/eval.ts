import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Emit } from '@rewardedit/core';
import { printable } from '@rewardedit/core/text';
import type { Benchmark, Candidate, EvalRun, GroupSummary, MissingEdit, RunItem } from '@rewardedit/eval';
import { planAnnotation } from '../annotation-plan.ts';
import { backendFlags, openBackend } from '../backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../base-command.ts';
import { drawFlags, drawSettings, shorterSide } from '../draw-flags.ts';
import { withVariables } from '../flags.ts';
import { judgeAccess } from '../judge-access.ts';
import { judgeChoice, judgeFlags } from '../judge-flags.ts';
import { judgeAll, warnOfRetirement } from '../judging.ts';
import { modelDigest } from '../model-digest.ts';
import { queueFlag } from '../queue-flag.ts';
import { reportFlags, reportNotes } from '../report-flags.ts';
import { shellWord } from '../shell-word.ts';
import { formatTable } from '../table.ts';
import { viewFlags } from '../view-flags.ts';

const NO_JUDGE = 'none';
const NETWORKS = 'Metrics by trained networks';
const FORMATS = ['text', 'markdown', 'csv'] as const;

/** Shown kind by kind: the first of these that a run has. */
const MAIN_COLUMNS = ['overall', 'right', 'truth.psnr', 'source.psnr'];

export type EvalReport = {
  readonly run: string;
  /** Path of the page with all items. */
  readonly report: string;
  readonly benchmark: { readonly path: string; readonly layout: string; readonly items: number };
  readonly groups: readonly GroupSummary[];
  /** Items without an edit. */
  readonly missing: readonly MissingEdit[];
  /** Files in a folder of edits that are the edit of no item. */
  readonly extra: readonly string[];
};

export default class Eval extends BaseCommand<typeof Eval> {
  static override summary =
    'Measure an editor on a benchmark: a model, or a folder of edits made by anything.';

  static override description = `Every item of the benchmark is edited once, or its edit is taken from the folder by the item's id; the
run folder keeps all of it and is a dataset that \`review\` and \`annotate\` take. A judge scores the edits as \`annotate\` does, and they
are measured on their pixels: against the true edit where the benchmark has it, inside and outside the region that it changes.
Every mean comes with its 95 % interval (edits of one photo are drawn together), its N and what is missing.

A benchmark is Real-Edit's folder (photos and instructions.json), a JSON file of records, or a dataset of any format that \`data
convert\` reads; of those, the edited pictures are the true edits. The same command goes on where it was stopped.`;

  static override examples = [
    {
      description: 'A model on held-out scenes, measured by the oracle and on the pixels',
      command:
        '<%= config.bin %> <%= command.id %> runs/first/model --on data/held-out --out runs/eval-first',
    },
    {
      description: "Another editor's pictures on Real-Edit, by a language model and its published protocol",
      command:
        '<%= config.bin %> <%= command.id %> ~/edits --on real-edit --out runs/theirs --judge openai:gpt-6-luna --protocol real-edit-v1 --max-cost 20',
    },
    {
      description: 'Metrics alone, LPIPS among them',
      command:
        '<%= config.bin %> <%= command.id %> ~/edits --on data/held-out --out runs/theirs --judge none --lpips alex.onnx',
    },
  ];

  static override args = {
    candidate: Args.string({
      description: 'Model folder, or a folder of edited pictures.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...withVariables('eval', {
      ...viewFlags,
      on: Flags.string({
        summary: 'The benchmark: a folder, a file or a dataset.',
        required: true,
        helpValue: 'PATH',
      }),
      out: Flags.string({
        summary: 'Run folder to make, or to go on with.',
        required: true,
        helpValue: 'FOLDER',
      }),
      format: Flags.option({ options: FORMATS })({
        summary: 'Form of what is printed; csv has a line an item.',
        default: 'text',
      }),
      ...judgeFlags,
      judge: Flags.string({
        summary:
          'Who scores: as `annotate` has it, or none; the oracle where all true edits are known, else none, unless told.',
        helpValue: 'JUDGE',
      }),
      queue: queueFlag({ helpGroup: 'Scale' }),
      'retry-quarantined': Flags.boolean({ summary: 'Ask the judge again about edits that were set aside.' }),
      lpips: networkFlag('LPIPS'),
      clip: networkFlag("CLIP's image encoder"),
      dino: networkFlag('DINO'),
      ...reportFlags,
      ...drawFlags,
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
    const judge =
      options.judge ?? (benchmark.items.every(({ truth }) => truth !== undefined) ? 'oracle' : NO_JUDGE);
    const opened = await this.openCandidate(path, benchmark, options);
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
          { phase: 'Editing', unit: 'edits', total: benchmark.items.length },
          (emit, signal, _requests, savePreview) =>
            collectEdits({ benchmark, candidate, folder: options.out, signal, emit, savePreview }),
        );
        await this.measure(options, benchmark.items.length - missing.length);
        if (judge !== NO_JUDGE) await this.judge(judge, options);
        const run = await openEvalRun(options.out);
        const groups = summarize(run.items, { absent: missing, seed: options.seed });
        tellMetrics(groups, emit);
        await this.show(groups, run.items, options.format);
        const report = await this.writeReport(run, groups, options);
        await this.tellWhatIsMissing(missing, candidate.extra, groups);
        if (options.format === 'text') this.suggestNext(`review ${shellWord(options.out)}`);
        const about = { path: options.on, layout: benchmark.layout, items: benchmark.items.length };
        return { run: options.out, report, benchmark: about, groups, missing, extra: candidate.extra };
      } finally {
        await release();
      }
    } finally {
      await opened.close();
    }
  }

  private async openCandidate(
    path: string,
    { items }: Benchmark,
    options: OptionsOf<typeof Eval>,
  ): Promise<{ candidate: Candidate; close: () => Promise<void> }> {
    const { folderCandidate, modelCandidate } = await import('@rewardedit/eval');
    if (!existsSync(join(path, 'model_index.json'))) {
      return { candidate: await folderCandidate(path, items), close: async () => undefined };
    }
    const { loadEditModel } = await import('@rewardedit/diffusion');
    const asked = await drawSettings(options);
    const backend = await openBackend(options);
    const parts = await loadEditModel(path, backend, options.precision);
    const settings = await asked(parts.model);
    const side = await shorterSide(parts.model, options.size);
    const config = {
      model: resolve(path),
      digest: await modelDigest(path),
      backend: backend.name,
      ...(options.precision !== 'f32' && { precision: options.precision }),
    };
    const candidate = modelCandidate({ parts, settings, side, config });
    return {
      candidate,
      close: async () => {
        await candidate.dispose();
        await backend.dispose();
      },
    };
  }

  private async measure({ out, lpips, clip, dino }: OptionsOf<typeof Eval>, total: number): Promise<void> {
    const { measureEdits, openPerceptualMetrics } = await import('@rewardedit/eval');
    const perceptual = await openPerceptualMetrics({ lpips, clip, dino });
    try {
      await this.longWork({ phase: 'Measuring', unit: 'edits', total }, (emit, signal) =>
        measureEdits({ folder: out, perceptual, signal, emit }),
      );
    } finally {
      await Promise.all(perceptual.map(({ dispose }) => dispose()));
    }
  }

  private async judge(judge: string, options: OptionsOf<typeof Eval>): Promise<void> {
    const { createJudge, ledgerPath, rewardsPath, withoutKeys } = await import('@rewardedit/annotate');
    const { openDataset } = await import('@rewardedit/data');
    const dataset = await openDataset(options.out);
    const index = await dataset.index();
    const triplets = index.count;
    await index.close();
    const rewards = rewardsPath(dataset);
    const plan = await planAnnotation(
      { queue: options.queue },
      {
        ...{ dataset, triplets, rewards, version: this.config.version },
        words: ['eval', ...this.argv],
        note: (message) => this.note(message),
      },
    );
    const choice = { ...judgeChoice({ ...options, judge }, rewards), ledger: ledgerPath(rewards) };
    const ownAccess = await judgeAccess([judge], options, (name) => this.isTyped(name));
    const opened = await createJudge(
      choice,
      options.queue === undefined ? ownAccess : withoutKeys(ownAccess),
    );
    try {
      await warnOfRetirement(opened, (message) => this.note(message));
      const retryQuarantined = options['retry-quarantined'];
      await judgeAll((phase, work) => this.longWork(phase, work), plan, opened, {
        ...{
          choice,
          retryQuarantined,
          adopt: false,
          keepChanged: false,
          measure: false,
          includes: undefined,
        },
      });
    } finally {
      await opened.close();
    }
  }

  private async show(
    groups: readonly GroupSummary[],
    items: readonly RunItem[],
    format: (typeof FORMATS)[number],
  ): Promise<void> {
    const { itemsCsv, kindTable, markdownTable, summaryTable } = await import('@rewardedit/eval');
    if (format === 'csv') {
      this.log(itemsCsv(items).trimEnd());
      return;
    }
    const isOfKinds = groups.length > 2;
    const tables = [summaryTable(groups), ...(isOfKinds ? [kindTable(groups, mainColumns(groups))] : [])];
    const form =
      format === 'markdown'
        ? markdownTable
        : (table: (typeof tables)[number]) => printable(formatTable(table.header, table.rows));
    this.log(tables.map(form).join('\n\n'));
  }

  private async writeReport(
    run: EvalRun,
    groups: readonly GroupSummary[],
    { report, out, 'single-file': isSingleFile }: OptionsOf<typeof Eval>,
  ): Promise<string> {
    const { runSections, writeReport } = await import('@rewardedit/report');
    const written = await writeReport({
      ...{ title: run.name, runs: [run], isSingleFile },
      sections: runSections(groups, mainColumns(groups)),
      path: report ?? join(out, 'report.html'),
    });
    for (const note of reportNotes(written)) this.note(note);
    return written.path;
  }

  private async tellWhatIsMissing(
    missing: readonly MissingEdit[],
    extra: readonly string[],
    groups: readonly GroupSummary[],
  ): Promise<void> {
    for (const { id, reason } of missing.slice(0, 10)) this.note(`No edit of ${id}: ${reason}.`);
    if (missing.length > 10) this.note(`${missing.length} items have no edit; --json lists them all.`);
    if (extra.length > 0)
      this.note(`${extra.length} pictures are the edit of no item, such as ${extra.slice(0, 3).join(', ')}.`);
    const incomplete = groups[0].columns.some(
      ({ worstCase, missing: count }) => worstCase !== undefined && count > 0,
    );
    if (missing.length === 0 && !incomplete) return;
    const { EXIT_CODES } = await import('@rewardedit/core');
    process.exitCode = EXIT_CODES.partial;
  }
}

function mainColumns([{ columns }]: readonly GroupSummary[]): string[] {
  return MAIN_COLUMNS.filter((name) => columns.some(({ column }) => column === name)).slice(0, 3);
}

function networkFlag(name: string) {
  return Flags.string({
    summary: `ONNX file of ${name}.`,
    helpGroup: NETWORKS,
    helpValue: 'FILE',
  });
}

/** Tells the means of a run, of all kinds of edits together. */
function tellMetrics([{ columns }]: readonly GroupSummary[], emit: Emit): void {
  for (const { column: name, mean, count: n, missing } of columns)
    if (mean !== null) emit({ type: 'metric', name, value: mean, n, missing });
}

/** What tells two benchmarks of one path apart: their items and instructions. */
function digestOf({ items }: Benchmark): string {
  const asked = JSON.stringify(items.map(({ id, instruction }) => [id, instruction]));
  return createHash('sha256').update(asked).digest('hex');
}
