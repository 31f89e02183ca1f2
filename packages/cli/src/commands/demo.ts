import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { shellWord } from '@rewardedit/core/text';
import type { EvalRun, Table } from '@rewardedit/eval';
import type { Backend } from '@rewardedit/graph';
import { examples } from '../flags/examples.ts';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags } from '../flags/draw-flags.ts';
import { compareConditions, conditionTable, writeDemoReport } from '../demo/demo-tables.ts';
import { DEMO_SIDE, type DemoSize } from '../demo/demo-size.ts';
import type { Experiment, TrainedDemoModel } from '../demo/experiment.ts';
import { EXPERIMENTS } from '../demo/experiments.ts';
import { heldOutPhoto, makePart, partPath, type DemoPart } from '../demo/make-data.ts';
import { conditionFolder, measureCondition } from '../demo/measure-condition.ts';
import { seedFlag, withVariables } from '../flags/flags.ts';
import { starterModel } from '../models/starter-model.ts';
import { formatTable } from '../output/table.ts';
import { viewFlags } from '../flags/view-flags.ts';

/** Settings of all trainings, unless a model overrides them; the rest are the defaults of the model's kind. */
const LEARNING_RATE = 1e-3;
const BATCH = 32;
const CHANGE_WEIGHT = 0.1;
/** Training steps per warm-up step. */
const WARM_UP = 20;

interface DemoResult {
  readonly picture: string;
  /** The page with every edit. */
  readonly report: string;
  /** Model folders. */
  readonly models: Readonly<Record<string, string>>;
  /** Run folders for `compare` and `review`. */
  readonly runs: readonly string[];
  readonly conditions: Table;
  /** One table per comparison. */
  readonly differences: readonly Table[];
}

export default class Demo extends BaseCommand<typeof Demo> {
  static override summary =
    'Run a control experiment on what rewards do: the same training with and without them, measured.';

  static override description = `Generates scenes and photo edits, most of them with a fault, and scores them with the oracle. From the starter model, trains
twice on the same triplets with the same seeds and steps: once without the scores, once conditioned on them. Both models edit unseen scenes
and photos, and the edits are measured: asking for the best scores, for bad ones, for one bad score alone, and with reward guidance. Prints
a table of means with 95 % intervals and the differences to the control, whatever they turn out to be, and writes a picture. An interrupted
demo resumes with the same command.

With --pipeline smartedit, runs the same experiment with SmartEdit, and compares both pipelines at equal training time, on scenes whose
instructions only make sense with the picture.`;

  static override examples = examples({
    'In the folder rewardedit-demo': '',
    'A two-minute version with less data and fewer steps': '/tmp/demo --quick',
  });

  static override args = {
    out: Args.string({
      description: `Folder for all output; by default ${EXPERIMENTS['instruct-pix2pix'].folder}, or ${EXPERIMENTS.smartedit.folder}.`,
      ignoreStdin: true,
    }),
  };

  static override flags = withVariables('demo', {
    pipeline: Flags.option({
      summary: 'Pipeline to experiment with.',
      options: ['instruct-pix2pix', 'smartedit'] as const,
      default: 'instruct-pix2pix' as const,
    })(),
    quick: Flags.boolean({ summary: 'Use fewer triplets and steps.' }),
    steps: Flags.integer({
      summary: `Training steps per model. [default: ${stepsInWords()}]`,
      min: 1,
    }),
    seed: seedFlag(),
    precision: drawFlags.precision,
    ...viewFlags,
    ...backendFlags,
  });

  protected async work(
    { out: named }: ArgumentsOf<typeof Demo>,
    options: OptionsOf<typeof Demo>,
  ): Promise<DemoResult> {
    const { quick, steps, seed, precision } = options;
    const experiment: Experiment = EXPERIMENTS[options.pipeline];
    const out = named ?? experiment.folder;
    const { [quick ? 'quick' : 'full']: usual } = experiment.sizes;
    const size = { ...usual, ...(steps !== undefined && { steps }) };
    const { reasoning } = experiment;
    const starter = await starterModel('demo');
    await this.beginRun({ folder: out, fresh: !existsSync(out) });
    await this.make(out, 'train', { scenes: size.scenes, photos: size.photos, reasoning }, seed);
    const heldOut = { scenes: size.heldOutScenes, photos: size.heldOutPhotos, reasoning };
    await this.make(out, 'held-out', heldOut, seed);
    await this.score(out, size.scenes + size.photos);
    const backend = await openBackend(options);
    try {
      const models: Record<string, string> = {};
      for (const model of experiment.models) {
        const init = model.from === undefined ? starter : models[model.from];
        models[model.name] = await this.train(model, { folder: out, init, backend, size, seed });
      }
      const runs: EvalRun[] = [];
      for (const condition of experiment.conditions) {
        const phase = `Editing (${condition.label})`;
        const total = size.heldOutScenes + size.heldOutPhotos;
        const run = await this.longWork({ phase, unit: 'edits', total, requests: ['pause'] }, (hooks) =>
          measureCondition(condition, {
            ...{ folder: out, backend, seed, precision, ...hooks },
            model: condition.model === undefined ? starter : models[condition.model],
          }),
        );
        runs.push(run);
      }
      return await this.report(experiment, out, models, runs, seed);
    } finally {
      await backend.dispose();
    }
  }

  private async make(
    folder: string,
    part: DemoPart,
    count: Pick<DemoSize, 'scenes' | 'photos'> & Pick<Experiment, 'reasoning'>,
    seed: number,
  ): Promise<void> {
    const phase = part === 'train' ? 'Drawing triplets to train on' : 'Drawing triplets to measure on';
    await this.longWork({ phase, unit: 'triplets', total: count.scenes + count.photos }, ({ emit, signal }) =>
      makePart(folder, part, { ...count, seed, signal, emit }),
    );
  }

  private async score(folder: string, total: number): Promise<void> {
    const { annotate, createOracle } = await import('@rewardedit/annotate');
    const { openDataset } = await import('@rewardedit/data');
    const dataset = await openDataset(partPath(folder, 'train'));
    await this.longWork({ phase: 'Scoring', unit: 'triplets', total }, ({ emit, signal }) =>
      annotate({ dataset, judge: createOracle(), signal, emit }),
    );
  }

  /** Trains a model from another one, or resumes its training. */
  private async train(
    { name, phase, settings: ownSettings }: TrainedDemoModel,
    {
      folder,
      init,
      backend,
      size,
      seed,
    }: { folder: string; init: string; backend: Backend; size: DemoSize; seed: number },
  ): Promise<string> {
    const { resolveTrainConfig, train } = await import('@rewardedit/train');
    const run = join(folder, name);
    const own = ownSettings(size);
    const { steps = size.steps } = own;
    const settings = {
      ...{ init, size: DEMO_SIDE, batchSize: BATCH, seed, learningRate: LEARNING_RATE },
      ...{ warmupSteps: Math.ceil(steps / WARM_UP), changeWeight: CHANGE_WEIGHT },
      ...own,
    };
    const config = await resolveTrainConfig(settings, run);
    const dataset = partPath(folder, 'train');
    const { model } = await this.longWork(
      { phase, unit: 'steps', total: steps, requests: ['pause', 'checkpoint', 'sample'] },
      (hooks) => train({ dataset, run, config, backend, ...hooks }),
    );
    return model;
  }

  private async report(
    experiment: Experiment,
    out: string,
    models: DemoResult['models'],
    runs: readonly EvalRun[],
    seed: number,
  ): Promise<DemoResult> {
    const picture = join(out, 'demo.png');
    const { writeComparison } = await import('../demo/comparison-picture.ts');
    await writeComparison(picture, out);
    const conditions = await conditionTable(experiment, runs, seed);
    const compared = await Promise.all(
      experiment.comparisons.map((each) => compareConditions(each, runs, seed)),
    );
    const { comparisonTable } = await import('@rewardedit/eval');
    const differences = compared.map(({ comparison }) => comparisonTable(comparison));
    const page = join(out, 'report.html');
    const report = await writeDemoReport(page, compared, { conditions, seed });
    for (const { header, rows } of [conditions, ...differences]) this.log(`${formatTable(header, rows)}\n`);
    this.log(
      `Means over edits of ${experiment.measuredOn}, with 95 % intervals by source picture in brackets.`,
    );
    this.log(
      `${picture} shows examples: original, true edit, control, and the model with rewards asked for 5,5,5 and 1,1,1.`,
    );
    this.log(`${report} shows every edit.`);
    const [control, best] = ['control', 'rewards-5-5-5'].map((name) => conditionFolder(out, { name }));
    this.suggestNext(`compare ${shellWord(control)} ${shellWord(best)}`);
    if (experiment.sizes.full.heldOutPhotos > 0)
      this.suggestNext(`edit ${shellWord(heldOutPhoto(out))} "make it black and white" --out edited.png`);
    return { picture, report, models, runs: runs.map(({ folder }) => folder), conditions, differences };
  }
}

/** The default numbers of steps, for the help. */
function stepsInWords(): string {
  const [{ sizes: own }, { sizes: other }] = [EXPERIMENTS['instruct-pix2pix'], EXPERIMENTS.smartedit];
  return `${own.full.steps}, with --quick ${own.quick.steps}; smartedit ${other.full.steps}, with --quick ${other.quick.steps}`;
}
