import { evaluate, input, program, type Tensor } from '@rewardedit/graph';
import { drawsNoise, looksBack, samplerStep, stepFactors, stepFactorValues, type Sampler } from './index.ts';

/** What a step is told: what the network said, and the rest where there is any. */
interface Told {
  readonly output: Float32Array;
  readonly source?: Float32Array;
  readonly noise?: Float32Array | undefined;
}

/** A whole run of a sampler's graph in the reference evaluator: the samples, the start first, and what the network was shown. */
export function runSampler(
  sampler: Sampler,
  start: Float32Array,
  tell: (step: number, shown: Float32Array) => Told,
): { samples: Float32Array[]; inputs: Float32Array[] } {
  const tensor = (name: string): Tensor => input(name, [start.length]);
  const step = program({
    outputs: {
      ...samplerStep(stepFactors(), {
        output: tensor('output'),
        sample: tensor('sample'),
        source: tensor('source'),
        ...(looksBack(sampler) && { earlierPicture: tensor('earlier_picture') }),
        ...(drawsNoise(sampler) && { noise: tensor('noise') }),
      }),
    },
  });
  const nothing = new Float32Array(start.length);
  const samples = [start];
  const inputs: Float32Array[] = [];
  let earlier: Float32Array = nothing;
  for (const [i, factors] of sampler.steps.entries()) {
    inputs.push(samples[i].map((x) => x * factors.inputScale));
    const { output, source = nothing, noise = nothing } = tell(i, inputs[i]);
    const given = { output, sample: samples[i], source, earlier_picture: earlier, noise };
    const { outputs } = evaluate(step, { inputs: { ...given, step_factors: stepFactorValues(factors) } });
    samples.push(Float32Array.from(outputs['sample']));
    earlier = Float32Array.from(outputs['picture']);
  }
  return { samples, inputs };
}
