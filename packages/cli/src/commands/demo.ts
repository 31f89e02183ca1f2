import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { EvalRun, Table } from '@rewardedit/eval';
import type { Backend } from '@rewardedit/graph';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags } from '../flags/draw-flags.ts';
import { writeComparison } from '../demo/comparison-picture.ts';
import { CONDITIONS, type DemoModel } from '../demo/conditions.ts';
import { comparedRuns, compareWithControl, conditionTable, writeDemoReport } from '../demo/demo-tables.ts';
import { DEMO_SIDE, FULL, QUICK, type DemoSize } from '../demo/demo-size.ts';
import { makePart, partPath, type DemoPart } from '../demo/make-data.ts';
import { conditionFolder, measureCondition } from '../demo/measure-condition.ts';
import { seedFlag, withVariables } from '../flags/flags.ts';
import { shellWord } from '../output/shell-word.ts';
import { starterModel } from '../models/starter-model.ts';
import { formatTable } from '../output/table.ts';
import { viewFlags } from '../flags/view-flags.ts';

/** Both stages 2 learn with these; all else is as the model's kind has it. */
const LEARNING_RATE = 1e-3;
const BATCH = 32;
const CHANGE_WEIGHT = 0.3;
/** One step in so many. */
const WARM_UP = 20;

interface DemoResult {
  readonly picture: string;
  /** The page with every edit. */
  readonly report: string;
  /** Model folders. */
  readonly models: Readonly<Record<DemoModel, string>>;
  /** Run folders, as `compare` and `review` take them. */
  readonly runs: readonly string[];
  readonly conditions: Table;
  readonly differences: Table;
}

export default class Demo extends BaseCommand<typeof Demo> {
  static override summary =
    'Show by a control experiment what rewards do: the same training with and without them, measured.';

  static override description = `Draws scenes and edits photos; most edits have a fault, which the oracle scores. From the starter model,
trains twice on the same triplets, with the same seeds and steps: once without the scores, once told them. Both edit scenes and
photos that neither has seen, and are measured: asked for the best scores, for bad ones, for one bad score alone, and with reward
guidance. Ends with a table of means and 95 % intervals, the differences to the control, and a picture. It prints what was measured,
whatever that is. Stopped at any time, it goes on when it is repeated.`;

  static override examples = [
    { description: 'In the folder rewardedit-demo', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'All steps in under two minutes, too short to learn much',
      command: '<%= config.bin %> <%= command.id %> /tmp/demo --quick',
    },
  ];

  static override args = {
    out: Args.string({
      description: 'Folder for everything that is made.',
      default: 'rewardedit-demo',
      ignoreStdin: true,
    }),
  };

  static override flags = withVariables('demo', {
    quick: Flags.boolean({ summary: 'Fewer triplets and steps.' }),
    steps: Flags.integer({
      summary: `Steps of each training. [default: ${FULL.steps}, quick ${QUICK.steps}]`,
      min: 1,
    }),
    seed: seedFlag(),
    precision: drawFlags.precision,
    ...viewFlags,
    ...backendFlags,
  });

  protected async work(
    { out }: ArgumentsOf<typeof Demo>,
    options: OptionsOf<typeof Demo>,
  ): Promise<DemoResult> {
    const { quick, steps, seed, precision } = options;
    const size = { ...(quick ? QUICK : FULL), ...(steps !== undefined && { steps }) };
    const starter = await starterModel();
    await this.beginRun({ folder: out, fresh: !existsSync(out) });
    await this.make(out, 'train', { scenes: size.scenes, photos: size.photos }, seed);
    await this.make(out, 'held-out', { scenes: size.heldOutScenes, photos: size.heldOutPhotos }, seed);
    await this.score(out, size.scenes + size.photos);
    const backend = await openBackend(options);
    try {
      const models = {
        'stage-1': starter,
        control: await this.train(out, 'control', 1, starter, backend, size.steps, seed),
        rewards: await this.train(out, 'rewards', 2, starter, backend, size.steps, seed),
      };
      const runs: EvalRun[] = [];
      for (const condition of CONDITIONS) {
        const phase = `Editing (${condition.label})`;
        const total = size.heldOutScenes + size.heldOutPhotos;
        const run = await this.longWork(
          { phase, unit: 'edits', total, requests: ['pause'] },
          (emit, signal, { whilePaused }, savePreview) =>
            measureCondition(condition, {
              ...{
                folder: out,
                model: models[condition.model],
                backend,
                seed,
                precision,
                signal,
                emit,
                savePreview,
                whilePaused,
              },
            }),
        );
        runs.push(run);
      }
      return await this.report(out, models, runs, seed);
    } finally {
      await backend.dispose();
    }
  }

  private async make(
    folder: string,
    part: DemoPart,
    count: Pick<DemoSize, 'scenes' | 'photos'>,
    seed: number,
  ): Promise<void> {
    const phase = part === 'train' ? 'Drawing triplets to train on' : 'Drawing triplets to measure on';
    await this.longWork({ phase, unit: 'triplets', total: count.scenes + count.photos }, (emit, signal) =>
      makePart(folder, part, { ...count, seed, signal, emit }),
    );
  }

  private async score(folder: string, total: number): Promise<void> {
    const { annotate, createOracle } = await import('@rewardedit/annotate');
    const { openDataset } = await import('@rewardedit/data');
    const dataset = await openDataset(partPath(folder, 'train'));
    await this.longWork({ phase: 'Scoring', unit: 'triplets', total }, (emit, signal) =>
      annotate({ dataset, judge: createOracle(), signal, emit }),
    );
  }

  /** Trains on from the starter model; stage 1 is told no scores. */
  private async train(
    folder: string,
    name: DemoModel,
    stage: 1 | 2,
    init: string,
    backend: Backend,
    steps: number,
    seed: number,
  ): Promise<string> {
    const { resolveTrainConfig, train } = await import('@rewardedit/train');
    const run = join(folder, name);
    const settings = {
      ...{ stage, init, size: DEMO_SIDE, batchSize: BATCH, steps, seed, learningRate: LEARNING_RATE },
      ...{ warmupSteps: Math.ceil(steps / WARM_UP), changeWeight: CHANGE_WEIGHT },
    };
    const config = await resolveTrainConfig(settings, run);
    const dataset = partPath(folder, 'train');
    const phase = `Training ${stage === 1 ? 'without rewards' : 'with rewards'}`;
    const { model } = await this.longWork(
      { phase, unit: 'steps', total: steps, requests: ['pause', 'checkpoint', 'sample'] },
      (emit, signal, requests, savePreview) =>
        train({ dataset, run, config, backend, signal, emit, requests, savePreview }),
    );
    return model;
  }

  private async report(
    out: string,
    models: DemoResult['models'],
    runs: readonly EvalRun[],
    seed: number,
  ): Promise<DemoResult> {
    const picture = join(out, 'demo.png');
    await writeComparison(picture, out);
    const conditions = await conditionTable(runs, seed);
    const compared = comparedRuns(runs);
    const comparison = await compareWithControl(compared, seed);
    const { comparisonTable } = await import('@rewardedit/eval');
    const differences = comparisonTable(comparison);
    const page = join(out, 'report.html');
    const report = await writeDemoReport(page, compared, comparison, { conditions, seed });
    for (const { header, rows } of [conditions, differences]) this.log(`${formatTable(header, rows)}\n`);
    this.log(
      'Means over edits of unseen scenes and photos, in brackets their 95 % intervals by source picture.',
    );
    this.log(
      `${picture} shows them: original, true edit, control, and the model with rewards asked for 5,5,5 and 1,1,1.`,
    );
    this.log(`${report} has every edit.`);
    const [control, best] = ['control', 'rewards-5-5-5'].map((name) => conditionFolder(out, { name }));
    this.suggestNext(`compare ${shellWord(control)} ${shellWord(best)}`);
    this.suggestNext(`edit PICTURE "make it black and white" --out edited.png`);
    return { picture, report, models, runs: runs.map(({ folder }) => folder), conditions, differences };
  }
}
