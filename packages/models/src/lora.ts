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

// Low-rank adaptation (Hu et al., arXiv 2106.09685): next to a frozen weight W [O, I], two low-rank matrices A [r, I] and B [O, r] are trained,
// and the layer computes W x + (alpha / r) B A x. B starts at zero, so training starts from the base model. A convolution W [O, C, KH, KW] gets
// A [r, C, KH, KW], which convolves like W, and B [O, r, 1, 1] (as in PEFT).
//
// Names are those of diffusers' `load_lora_weights`: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`, with the prefix `unet.` in a file.

export interface LoraSettings {
  readonly rank: number;
  /** The output of B A is scaled by alpha / rank. */
  readonly alpha: number;
  /** Also adapts the convolutions of residual blocks, not only the projections of attention. */
  readonly convolutions: boolean;
}

const ATTENTION = /\.attn[12]\.(to_q|to_k|to_v|to_out\.0)\.weight$/;
const CONVOLUTIONS = /\.(resnets\.\d+\.(conv1|conv2|conv_shortcut)|downsamplers\.\d+\.conv)\.weight$/;

/** Returns whether a parameter is a LoRA matrix. */
export function isLoraParameter(name: string): boolean {
  return /\.lora_[AB]\.weight$/.test(name);
}

/** Returns the names of the two LoRA matrices of a weight. */
function namesBeside(weight: string): { a: string; b: string } {
  const layer = weight.replace(/\.weight$/, '');
  return { a: `${layer}.lora_A.weight`, b: `${layer}.lora_B.weight` };
}

/** Returns the LoRA parameters for a network's parameters; empty if it has no layers to adapt. */
export function loraParameters(base: ParameterSpecs, { rank, convolutions }: LoraSettings): ParameterSpecs {
  const isAdapted = (name: string) => ATTENTION.test(name) || (convolutions && CONVOLUTIONS.test(name));
  const adapted = Object.entries(base).filter(([name]) => isAdapted(name));
  return Object.fromEntries(
    adapted.flatMap(([name, { shape, dtype }]): [string, ParameterSpec][] => {
      const [outputs, ...inputs] = shape;
      const { a, b } = namesBeside(name);
      // PEFT's initialization, which is PyTorch's for a linear layer.
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
 * Adds B A x to the output of every adapted layer of a graph.
 *
 * @param parameters from `loraParameters`.
 * @returns the new outputs, and the state leaves of the parameters.
 * @throws Error if a parameter belongs to no layer of the graph.
 */
export function adaptedByLora(
  outputs: NamedTensors,
  parameters: ParameterSpecs,
  { rank, alpha }: LoraSettings,
): { outputs: NamedTensors; parameters: NamedTensors } {
  const leaves: Record<string, Tensor> = {};
  const leaf = (name: string) =>
    (leaves[name] ??= state(name, parameters[name].shape, parameters[name].dtype));

  /** Returns B A x for the layer computed by a node, if it is adapted. */
  function adaptation({ op, inputs: [x, operand], attributes }: Tensor): Tensor | undefined {
    if (!['matmul', 'conv2d'].includes(op.name)) return undefined;
    // With mixed precision, the weight is cast before it is used.
    const weight = operand.op.name === 'cast' ? operand.inputs[0] : operand;
    if (!isNamedLeaf(weight, stateOp)) return undefined;
    const names = namesBeside(weight.attributes.name);
    if (!(names.a in parameters)) return undefined;
    const [a, b] = [names.a, names.b].map((name) => cast(leaf(name), x.dtype));
    if (op.name === 'conv2d') return conv2d(conv2d(x, a, attributes as ConvolutionAttributes), b);
    const { transposeA, transposeB } = attributes as MatmulAttributes;
    if (transposeA || !transposeB)
      throw new Error(`adaptedByLora: ${weight.attributes.name} is not used as x W^T.`);
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
 * Returns a weight merged with its LoRA layer, W + (alpha / r) B A.
 *
 * @param read returns the values of a parameter.
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

/** Returns W + scale B A, accumulated in double precision and rounded once. */
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
