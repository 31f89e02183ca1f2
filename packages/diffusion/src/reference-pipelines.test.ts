import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, input, program } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { combineBranches, guidanceBranches, type Branch } from './guidance.ts';
import { createNoiseSchedule } from './noise-schedule.ts';
import { LARGER_SETS, join32, readJson, readTensors, relativeDifference } from './reference.test.helper.ts';
import { runSampler } from './samplers/run-sampler.test.helper.ts';
import { SAMPLERS, type SamplerName } from './samplers/index.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

const RUNS: [set: string, run: string, sampler: SamplerName][] = [
  ['ip2p-pipeline-tiny', 'ddim', 'ddim'],
  ['ip2p-pipeline-tiny', 'euler_ancestral', 'euler-ancestral'],
  ['reward-pipeline-tiny', 'ddim', 'ddim'],
  ['reward-pipeline-tiny', 'euler_ancestral', 'euler-ancestral'],
];
const factsSchema = z.object({
  steps: z.number(),
  guidance_scale: z.number(),
  image_guidance_scale: z.number(),
});

/** What the graph makes of the outputs of all branches, one after the other. */
function guidedOutput(branches: readonly Branch[], outputs: Float32Array): Float32Array {
  const length = outputs.length / branches.length;
  const combined = combineBranches(
    input('outputs', [branches.length, length]),
    input('weights', [branches.length]),
  );
  const weights = branches.map(({ weight }) => weight);
  return Float32Array.from(
    evaluate(program({ outputs: { combined } }), { inputs: { outputs, weights } }).outputs['combined'],
  );
}

const isThere = existsSync(LARGER_SETS);
if (!isThere) process.stderr.write(`SKIPPED: loops of the reference pipelines (not found: ${LARGER_SETS})\n`);

describe.skipIf(!isThere)(
  "loops of diffusers' InstructPix2Pix pipeline and of the published reward pipeline",
  () => {
    it.each(RUNS)(
      '%s, %s: from what the U-Net said to each guided output and sample',
      async (set, run, name) => {
        const folder = join(LARGER_SETS, set);
        const facts = factsSchema.parse(readJson(join(folder, 'reference.json')));
        const reference = await readTensors(join(folder, `${run}.safetensors`));
        const config = parseSchedulerConfig(readJson(join(folder, `${run}.scheduler.json`)));
        const sampler = SAMPLERS[name](createNoiseSchedule(config), facts.steps);
        const branches = guidanceBranches({
          textScale: facts.guidance_scale,
          imageScale: facts.image_guidance_scale,
          rewardScale: 0,
        });
        expect(sampler.timesteps).toEqual(reference.all('timesteps'));

        const { all } = await readTensors(join(folder, 'inputs.safetensors'));
        const guided: Float32Array[] = [];
        const start = all('initial_noise').map((value) => value * sampler.initialSigma);
        const noises = reference.has('noise') ? reference.parts('noise') : [];
        const { samples, inputs } = runSampler(sampler, start, (step) => {
          // The recorded batch is in the order of the branches: text and picture, picture, nothing.
          guided.push(guidedOutput(branches, reference.parts('unet_output')[step]));
          return { output: guided[step], noise: noises[step] };
        });
        const recorded = reference.parts('unet_input').map((input) => input.subarray(0, samples[0].length));
        expect(relativeDifference(join32(inputs), join32(recorded))).toBeLessThan(1e-6);
        expect(relativeDifference(join32(guided), reference.all('guided'))).toBeLessThan(1e-6);
        expect(relativeDifference(join32(samples), reference.all('latents'))).toBeLessThan(1e-6);
      },
    );
  },
);
