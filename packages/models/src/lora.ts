import {
  add,
  cast,
  conv2d,
  float32Of,
  isNamedLeaf,
  matmul,
  mul,
  rewrite,
  sizeOf,
  state,
  stateOp,
  type ConvolutionAttributes,
  type MatmulAttributes,
  type NamedTensors,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import type { ParameterSpec, ParameterSpecs } from './parameters.ts';

// Low-rank adaptation (Hu et al., arXiv 2106.09685): beside a weight W [O, I] that stays as it is stand two thin ones, A [r, I]
// and B [O, r], and the layer computes W x + (alpha / r) B A x. B starts at zero, so that the first step is that of the base.
// A convolution W [O, C, KH, KW] gets A [r, C, KH, KW], which convolves as W does, and B [O, r, 1, 1] (as in PEFT).
//
// The names are those of diffusers' `load_lora_weights`: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`, in a file for a
// pipeline behind the prefix `unet.`.

export interface LoraSettings {
  readonly rank: number;
  /** What B A is multiplied by, times the rank. */
  readonly alpha: number;
  /** Adapts the convolutions of the residual blocks too, beside the projections of attention. */
  readonly convolutions: boolean;
}

const ATTENTION = /\.attn[12]\.(to_q|to_k|to_v|to_out\.0)\.weight$/;
const CONVOLUTIONS = /\.(resnets\.\d+\.(conv1|conv2|conv_shortcut)|downsamplers\.\d+\.conv)\.weight$/;

/** Whether a parameter belongs to such an adaptation. */
export function isLoraParameter(name: string): boolean {
  return /\.lora_[AB]\.weight$/.test(name);
}

/** The names of the two weights beside the weight of this name. */
function namesBeside(weight: string): { a: string; b: string } {
  const layer = weight.replace(/\.weight$/, '');
  return { a: `${layer}.lora_A.weight`, b: `${layer}.lora_B.weight` };
}

/** The parameters that adapt a network with the given ones; none where it has no layer of those kinds. */
export function loraParameters(base: ParameterSpecs, { rank, convolutions }: LoraSettings): ParameterSpecs {
  const isAdapted = (name: string) => ATTENTION.test(name) || (convolutions && CONVOLUTIONS.test(name));
  const adapted = Object.entries(base).filter(([name]) => isAdapted(name));
  return Object.fromEntries(
    adapted.flatMap(([name, { shape, dtype }]): [string, ParameterSpec][] => {
      const [outputs, ...inputs] = shape;
      const { a, b } = namesBeside(name);
      // PEFT's start, which is PyTorch's for a linear layer.
      const bound = 1 / Math.sqrt(sizeOf(inputs));
      return [
        [a, { shape: [rank, ...inputs], dtype, initialization: { kind: 'uniform', bound } }],
        [
          b,
          {
            shape: [outputs, rank, ...inputs.slice(1).map(() => 1)],
            dtype,
            initialization: { kind: 'constant', value: 0 },
          },
        ],
      ];
    }),
  );
}

/**
 * The graph with every adapted layer's B A x added to what it gives.
 *
 * @param parameters from `loraParameters`.
 * @returns also the state leaves of these parameters.
 * @throws Error where one of them belongs to no layer of the graph.
 */
export function adaptedByLora(
  outputs: NamedTensors,
  parameters: ParameterSpecs,
  { rank, alpha }: LoraSettings,
): { outputs: NamedTensors; parameters: NamedTensors } {
  const leaves: Record<string, Tensor> = {};
  const leaf = (name: string) =>
    (leaves[name] ??= state(name, parameters[name].shape, parameters[name].dtype));

  /** B A x of the layer that a node computes, where it is an adapted one. */
  function adaptation({ op, inputs: [x, operand], attributes }: Tensor): Tensor | undefined {
    if (!['matmul', 'conv2d'].includes(op.name)) return undefined;
    // Where layers compute in another type than parameters are kept in, a cast stands between.
    const weight = operand.op.name === 'cast' ? operand.inputs[0] : operand;
    if (!isNamedLeaf(weight, stateOp)) return undefined;
    const names = namesBeside(weight.attributes.name);
    if (!(names.a in parameters)) return undefined;
    const [a, b] = [names.a, names.b].map((name) => cast(leaf(name), x.dtype));
    if (op.name === 'conv2d') return conv2d(conv2d(x, a, attributes as ConvolutionAttributes), b);
    const { transposeA, transposeB } = attributes as MatmulAttributes;
    if (transposeA || !transposeB)
      throw new Error(`adaptedByLora: ${weight.attributes.name} is not taken as x W^T.`);
    return matmul(matmul(x, a, { transposeB }), b, { transposeB });
  }

  const adapted = rewrite(outputs, (tensor) => {
    const added = adaptation(tensor);
    return added && add(tensor, mul(added, alpha / rank));
  });
  const lost = Object.keys(parameters).filter((name) => !(name in leaves));
  if (lost.length > 0)
    throw new Error(`adaptedByLora: no layer of the graph is adapted by ${lost.join(', ')}.`);
  return { outputs: adapted, parameters: leaves };
}

/**
 * The values of a weight with its adaptation added to it, W + (alpha / r) B A, for a model that is to work without.
 *
 * @param read gives the values of a parameter by its name.
 */
export async function mergedWithLora(
  name: string,
  read: (name: string) => Promise<TensorData>,
  parameters: ParameterSpecs,
  { rank, alpha }: LoraSettings,
): Promise<TensorData> {
  const weight = await read(name);
  const names = namesBeside(name);
  if (!(names.a in parameters)) return weight;
  const [a, b] = [float32Of(await read(names.a)), float32Of(await read(names.b))];
  return mergedWeight(weight, { a, b, rank, scale: alpha / rank });
}

/** W + scale B A, summed in double precision and rounded once. */
export function mergedWeight(
  weight: TensorData,
  { a, b, rank, scale }: { a: Float32Array; b: Float32Array; rank: number; scale: number },
): Float32Array {
  const inputs = a.length / rank;
  const merged = Float32Array.from(float32Of(weight));
  const row = new Float64Array(inputs);
  for (let output = 0; output < b.length / rank; output++) {
    row.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = b[output * rank + k];
      for (let i = 0; i < inputs; i++) row[i] += factor * a[k * inputs + i];
    }
    for (let i = 0; i < inputs; i++) merged[output * inputs + i] += scale * row[i];
  }
  return merged;
}
