import type { Experiment } from './experiment.ts';
import { instructPix2PixExperiment } from './instruct-pix2pix-experiment.ts';
import { smartEditExperiment } from './smartedit-experiment.ts';

/** The control experiments, by pipeline. */
export const EXPERIMENTS = {
  'instruct-pix2pix': instructPix2PixExperiment,
  smartedit: smartEditExperiment,
} as const satisfies Record<string, Experiment>;
