import {
  COLUMNS,
  escapeMarkdown,
  markdownTable,
  summarizeGroup,
  summaryTable,
  type EvalRun,
} from '@rewardedit/eval';
import { frontMatter } from './front-matter.ts';

export interface ModelCardOptions {
  readonly name: string;
  readonly license?: string | undefined;
  /** The settings of the training; undefined if unknown. */
  readonly training: Readonly<Record<string, unknown>> | undefined;
  /** Runs of `eval` of this model. */
  readonly runs: readonly EvalRun[];
  readonly seed: number;
}

/** Writes the card of a model: how it was trained and the results of its evaluation, also as Hugging Face's `model-index`. */
export function modelCard({ name, license, training, runs, seed }: ModelCardOptions): string {
  const evaluated = runs.map((run) => ({
    run,
    summary: summarizeGroup('all', run.items, { absent: run.absent, seed }),
  }));
  const results = evaluated.map(({ run, summary }) => ({
    task: { type: 'image-to-image' },
    dataset: { name: benchmarkOf(run), type: 'image-editing' },
    metrics: summary.columns.flatMap(({ column, mean }) =>
      mean === null ? [] : [{ name: COLUMNS[column].label, type: column, value: mean }],
    ),
  }));
  const head = frontMatter({
    license,
    pipeline_tag: 'image-to-image',
    library_name: 'rewardedit',
    tags: ['image-editing', 'instruction', 'rewards'],
    'model-index': results.length === 0 ? undefined : [{ name, results }],
  });
  const parts = [
    `# ${escapeMarkdown(name)}`,
    'Edits a picture by an instruction, conditioned on the scores that the edit should get.',
    '## Use',
    '```sh\nrewardedit edit photo.jpg "make it black and white" --model MODEL --out edited.png\n```',
    '## Training',
    training === undefined ? 'The training settings are unknown.' : markdownTable(settingsTable(training)),
    '## Evaluation',
    ...(evaluated.length === 0
      ? ['It was not evaluated.']
      : evaluated.flatMap(({ run, summary }) => [
          `On ${escapeMarkdown(benchmarkOf(run))}, ${summary.items} items, with 95 % intervals by source picture:`,
          markdownTable(summaryTable([summary])),
        ])),
  ];
  return `${head}\n${parts.join('\n\n')}\n`;
}

function benchmarkOf({ config, name }: EvalRun): string {
  const { benchmark } = config as { benchmark?: { path?: unknown } };
  return typeof benchmark?.path === 'string' ? (benchmark.path.split(/[\\/]/).at(-1) ?? name) : name;
}

function settingsTable(training: Readonly<Record<string, unknown>>) {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return {
    header: ['setting', 'value'],
    rows: Object.entries(training).map(([setting, value]) => [setting, text(value)]),
  };
}
