import type { EditModelConfig } from '../edit-model.ts';
import { instructPix2Pix } from './instruct-pix2pix.ts';
import type { Pipeline } from './pipeline.ts';
import { smartEditPipeline } from './smartedit.ts';

export { assertStates, templateHash, type AskedStates, type LanguageStateSource } from './language-states.ts';
export { nextIds } from './next-ids.ts';
export type { Conditions, Pipeline, PipelineTools, PipelineSample } from './pipeline.ts';

export { clipValues, seenSquare } from './seen-picture.ts';

/** Returns the pipeline of a model. */
export function pipelineOf(model: EditModelConfig): Pipeline {
  return model.smartEdit ? smartEditPipeline(model, model.smartEdit) : instructPix2Pix(model);
}
