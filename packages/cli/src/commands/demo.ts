import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Precision } from '@rewardedit/diffusion';
import { backendFlags, openBackend } from '../backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../base-command.ts';
import { drawFlags } from '../draw-flags.ts';
import { editHeldOut, summarizeEdits, type HeldOutEdit } from '../demo/edit-held-out.ts';
import { seedFlag, withVariables } from '../flags.ts';
import { formatTable } from '../table.ts';
import { viewFlags } from '../view-flags.ts';

/** One row of the picture a kind of edit, as far as it goes. */
const ROWS = 7;
const ENLARGE = 4;

interface DemoResult {
  readonly picture: string;
  readonly model: string;
  readonly best: ReturnType<typeof summarizeEdits>;
  readonly worst: ReturnType<typeof summarizeEdits>;
}

export default class Demo extends BaseCommand<typeof Demo> {
  static override summary =
    'Make imperfect triplets, score them, train on the scores, and edit pictures: all of it, small.';

  static override description = `Draws scenes of which most have a wrong edit, lets the oracle score them, trains a small
model that is told the scores, and edits scenes that it has never seen: asked for the best scores, and for bad ones. Ends
with one picture that shows both beside the original and the true edit. Stopped at any time, it goes on when it is
repeated.`;

  static override examples = [
    { description: 'In the folder rewardedit-demo', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'A quick look at the steps, too short to learn much',
      command: '<%= config.bin %> <%= command.id %> /tmp/demo --count 500 --steps 50',
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
    count: Flags.integer({ summary: 'Triplets to train on.', default: 10_000, min: 32 }),
    'held-out': Flags.integer({ summary: 'Scenes to edit afterwards.', default: 105, min: 1 }),
    steps: Flags.integer({ summary: 'Training steps.', default: 1800, min: 1 }),
    seed: seedFlag(),
    precision: drawFlags.precision,
    ...viewFlags,
    ...backendFlags,
  });

  protected async work(
    { out }: ArgumentsOf<typeof Demo>,
    options: OptionsOf<typeof Demo>,
  ): Promise<DemoResult> {
    await this.beginRun({ folder: out, fresh: !existsSync(out) });
    const scenes = join(out, 'scenes');
    const heldOut = join(out, 'held-out');
    await this.draw(scenes, { split: 'train', count: options.count, seed: options.seed });
    await this.draw(heldOut, {
      split: 'held-out',
      count: options['held-out'],
      seed: options.seed,
      faultRate: 0,
    });
    await this.score(scenes, options.count);
    const backend = await openBackend(options);
    try {
      const model = await this.train(scenes, join(out, 'run'), backend, options);
      const edits = await this.longWork(
        {
          ...{ phase: 'Editing', unit: 'held-out scenes', total: options['held-out'] },
          requests: ['pause'],
        },
        (emit, signal, requests, savePreview) =>
          editHeldOut({
            dataset: heldOut,
            model,
            backend,
            seed: options.seed,
            precision: options.precision,
            signal,
            emit,
            requests,
            savePreview,
          }),
      );
      const picture = join(out, 'demo.png');
      await writeComparison(picture, edits);
      const result = {
        picture,
        model,
        best: summarizeEdits(edits, 'best'),
        worst: summarizeEdits(edits, 'worst'),
      };
      this.report(result);
      return result;
    } finally {
      await backend.dispose();
    }
  }

  private async draw(
    folder: string,
    options: { split: 'train' | 'held-out'; count: number; seed: number; faultRate?: number },
  ): Promise<void> {
    const { writeScenes } = await import('@rewardedit/data');
    await this.longWork(
      { phase: 'Drawing', unit: `${options.split} scenes`, total: options.count },
      (emit, signal) => writeScenes({ folder, ...options, signal, emit }),
    );
  }

  private async score(folder: string, total: number): Promise<void> {
    const { annotate, createOracle } = await import('@rewardedit/annotate');
    const { openDataset } = await import('@rewardedit/data');
    const dataset = await openDataset(folder);
    await this.longWork({ phase: 'Scoring', unit: 'triplets', total }, (emit, signal) =>
      annotate({ dataset, judge: createOracle(), signal, emit }),
    );
  }

  private async train(
    dataset: string,
    run: string,
    backend: Awaited<ReturnType<typeof openBackend>>,
    { steps, seed, precision }: { steps: number; seed: number; precision: Precision },
  ): Promise<string> {
    const { resolveTrainConfig, train } = await import('@rewardedit/train');
    const config = await resolveTrainConfig({ stage: 2, preset: 'scenes', steps, seed, precision }, run);
    const { model } = await this.longWork(
      {
        ...{ phase: 'Training', unit: 'steps', total: steps },
        requests: ['pause', 'checkpoint', 'sample'],
      },
      (emit, signal, requests, savePreview) =>
        train({ dataset, run, config, backend, signal, emit, requests, savePreview }),
    );
    return model;
  }

  private report({ picture, model, best, worst }: DemoResult): void {
    const row = (asked: string, { right, of, decibels }: DemoResult['best']) => [
      asked,
      `${right} of ${of}`,
      `${Math.round((100 * right) / of)} %`,
      decibels.toFixed(1),
    ];
    this.log(
      formatTable(
        ['asked for', 'edits right', 'share', 'dB to the true edit'],
        [row('5,5,5', best), row('1,1,1', worst)],
      ),
    );
    this.log(
      `\n${picture} shows original, true edit, and both results side by side. The model is in ${model}.`,
    );
    this.suggestNext(`edit PICTURE "make it black and white" --model ${model} --out edited.png`);
  }
}

/** One row for each kind of edit: original, true edit, and what the model made of it when asked for 5,5,5 and 1,1,1. */
async function writeComparison(path: string, edits: readonly HeldOutEdit[]): Promise<void> {
  const { contactSheet, writePng } = await import('@rewardedit/data');
  const kinds = new Map(edits.map((edit) => [edit.kind, edit]));
  const rows = [...kinds.values()].slice(0, ROWS).map(({ instruction, original, truth, best, worst }) => ({
    title: instruction,
    cells: [
      { picture: original, caption: 'original' },
      { picture: truth, caption: 'true edit' },
      { picture: best, caption: 'asked 5,5,5' },
      { picture: worst, caption: 'asked 1,1,1' },
    ],
  }));
  await writePng(path, contactSheet(rows, { enlarge: ENLARGE }));
}
