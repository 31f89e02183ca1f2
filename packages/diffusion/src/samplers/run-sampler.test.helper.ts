import { evaluate, input, program, type Tensor } from '@rewardedit/graph';
import { drawsNoise, samplerStep, stepFactors, stepFactorValues, type Sampler } from './index.ts';

/** What a step is told: what the network said, and the rest where there is any. */
interface StepInput {
  readonly output: Float32Array;
  readonly source?: Float32Array;
  readonly noise?: Float32Array | undefined;
}

/** A whole run of a sampler's graph in the reference evaluator: the samples, the start first, and what the network was shown. */
export function runSampler(
  sampler: Sampler,
  start: Float32Array,
  inputOf: (step: number, shown: Float32Array) => StepInput,
): { samples: Float32Array[]; inputs: Float32Array[] } {
  const tensor = (name: string): Tensor => input(name, [start.length]);
  const names = Array.from({ length: sampler.memories }, (_, i) => `memory_${i}`);
  const next = samplerStep(stepFactors(sampler), {
    output: tensor('output'),
    sample: tensor('sample'),
    source: tensor('source'),
    ...(drawsNoise(sampler) && { noise: tensor('noise') }),
    memory: names.map(tensor),
  });
  const step = program({
    outputs: { sample: next.sample, ...Object.fromEntries(names.map((name, i) => [name, next.memory[i]])) },
  });
  const nothing = new Float32Array(start.length);
  const samples = [start];
  const inputs: Float32Array[] = [];
  let memory: Record<string, Float32Array> = Object.fromEntries(names.map((name) => [name, nothing]));
  for (const [i, factors] of sampler.steps.entries()) {
    inputs.push(samples[i].map((x) => x * factors.inputScale));
    const { output, source = nothing, noise = nothing } = inputOf(i, inputs[i]);
    const given = { output, sample: samples[i], source, noise, ...memory };
    const { outputs } = evaluate(step, {
      inputs: { ...given, step_factors: stepFactorValues(sampler, factors) },
    });
    samples.push(Float32Array.from(outputs['sample']));
    memory = Object.fromEntries(names.map((name) => [name, Float32Array.from(outputs[name])]));
  }
  return { samples, inputs };
}
