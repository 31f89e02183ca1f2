import { add, input, maximum, minimum, mul, neg, reshape, slice, type Tensor } from '@rewardedit/graph';
import type { Sampler, SamplerStep, StepSum } from './sampler.ts';

/** Inputs of a step, all of one shape. Those that no step of a run uses are left out. */
export interface SamplerStepTensors {
  /** The network's output after guidance. */
  readonly output: Tensor;
  readonly sample: Tensor;
  /** The source picture, for residual networks. */
  readonly source?: Tensor | undefined;
  /** Standard normal noise. */
  readonly noise?: Tensor | undefined;
  /** Tensors carried over from the previous step, as many as the sampler has. */
  readonly memory?: readonly Tensor[] | undefined;
}

/** Number of factors of x0: output, sample, source, and the clipping limit. */
const PICTURE_FACTORS = 4;
/** Number of factors of a sum: output, sample, source, x0 and noise, followed by one per memory. */
const SUM_FACTORS = 5;

function sumFactors({ output, sample, source, picture, noise, memory = [] }: StepSum, memories: number) {
  return [
    output,
    sample,
    source,
    picture,
    noise,
    ...Array.from({ length: memories }, (_, i) => memory[i]),
  ].map((factor = 0) => factor);
}

/** Returns the graph input of a step's factors. */
export function stepFactors({ memories }: Pick<Sampler, 'memories'>): Tensor {
  return input('step_factors', [PICTURE_FACTORS + (1 + memories) * (SUM_FACTORS + memories)]);
}

/** Returns the value of that input. */
export function stepFactorValues(
  { memories }: Pick<Sampler, 'memories'>,
  { picture, limit, next, remembered = [] }: SamplerStep,
): Float32Array {
  const sums = [next, ...Array.from({ length: memories }, (_, i) => remembered[i] ?? {})];
  return Float32Array.from([
    picture.output,
    picture.sample,
    picture.source,
    limit,
    ...sums.flatMap((sum) => sumFactors(sum, memories)),
  ]);
}

/** Builds one step of any sampler: the next sample, the memories to carry over, and x0. */
export function samplerStep(
  factors: Tensor,
  { output, sample, source, noise, memory = [] }: SamplerStepTensors,
): { sample: Tensor; memory: Tensor[]; picture: Tensor } {
  const factor = (index: number) => reshape(slice(factors, [index], [1]), []);
  const sum = (first: number, terms: readonly (Tensor | undefined)[]) =>
    terms
      .flatMap((term, i) => (term ? [mul(term, factor(first + i))] : []))
      .reduce((total, term) => add(total, term));
  const limit = factor(PICTURE_FACTORS - 1);
  const picture = minimum(maximum(sum(0, [output, sample, source]), neg(limit)), limit);
  const terms = [output, sample, source, picture, noise, ...memory];
  const row = (index: number) => sum(PICTURE_FACTORS + index * terms.length, terms);
  return { sample: row(0), memory: memory.map((_, i) => row(1 + i)), picture };
}
