import type { PictureSize } from '@rewardedit/data';
import { totalMemory, type Backend, type MemoryNeed, type MemoryPlan } from '@rewardedit/graph';
import type { NetworkTypes } from '@rewardedit/models';
import type { EditModelConfig } from '../edit-model.ts';
import { branchesAt } from '../guidance.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import { SAMPLERS } from '../samplers/index.ts';
import { editPrograms, frozenWeights, stepOptionsOf } from './edit-programs.ts';
import { scalesFor, type EditSettings } from './editor.ts';
import { tileSizes } from './tile-sizes.ts';

/** Pictures of one size to be edited together. */
export interface PlannedEdit {
  readonly model: EditModelConfig;
  readonly requests: number;
  readonly size: PictureSize;
  readonly settings: EditSettings;
  /** Of the networks. */
  readonly types?: NetworkTypes | undefined;
}

/**
 * Returns the memory an edit needs in addition to what is already on the backend (`beside`, including the weights): its programs and
 * their shared state. It follows the editor's choices: pictures are encoded and decoded whole if that fits, otherwise in the largest
 * tiles that fit, and the branches of guidance run as one batch if that pays and fits.
 */
export function editMemory(
  { model, requests, size, settings, types }: PlannedEdit,
  backend: Backend,
  beside: MemoryPlan,
): MemoryNeed {
  const programs = editPrograms(model, requests, size, types);
  const sampler = SAMPLERS[settings.sampler](createNoiseSchedule(model.scheduler), settings.steps, settings);
  const scales = scalesFor(model, settings);
  const branches = sampler.steps.map((_, i) => branchesAt(scales, i + 1).length);
  const needOf = (counts: Iterable<number>, tile: PictureSize | undefined) =>
    backend.memory({
      states: [...beside.states, programs.specs],
      programs: [
        ...beside.programs,
        ...[
          programs.condition(),
          ...(tile
            ? [
                programs.encodeTile(tile),
                programs.beginEncoded(),
                programs.finishEncoded(),
                programs.decodeTile(tile),
              ]
            : [programs.begin(), programs.finish()]),
          ...Array.from(new Set(counts), programs.denoise),
          programs.step(stepOptionsOf(sampler)),
        ].map((program) => ({ program, freeze: frozenWeights(program, backend) })),
      ],
    });
  const fits = (need: MemoryNeed) => totalMemory(need) <= backend.availableMemory();

  let tile: PictureSize | undefined;
  let need = needOf([1], tile);
  for (tile of fits(need) ? [] : tileSizes(model, size)) {
    need = needOf([1], tile);
    if (fits(need)) break;
  }
  if (Math.max(...branches) > 1 && backend.batchPays(programs.denoise(1))) {
    const together = needOf(branches, tile);
    if (fits(together)) return together;
  }
  return need;
}
