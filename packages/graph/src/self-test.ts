import type { Backend, TensorSpec } from './backend.ts';
import { evaluate } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { silu } from './activations.ts';
import { attention } from './ops/attention.ts';
import { conv2d } from './ops/convolution.ts';
import { mul } from './ops/elementwise.ts';
import { groupNorm } from './ops/group-norm.ts';
import { input, state } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { reshape, transpose } from './ops/movement.ts';
import { mean } from './ops/reduction.ts';
import { program, type Program } from './program.ts';
import { sizeOf } from './shape.ts';
import { numbersOf } from './tensor-data.ts';

/** A convolution, a normalization, attention and a product, with gradients. */
function smallNetwork(): Program {
  const [channels, positions] = [8, 36];
  // Six channels: ONNX Runtime's WebGPU provider computes them wrongly in its preferred layout.
  const picture = input('picture', [2, 6, 6, 6]);
  const weights = {
    convolution: state('convolution', [channels, 6, 3, 3]),
    scale: state('scale', [channels]),
    shift: state('shift', [channels]),
    projection: state('projection', [channels, 3]),
  };
  const convolved = conv2d(picture, weights.convolution, { padding: 1 });
  const features = silu(groupNorm(convolved, 2, weights.scale, weights.shift, 1e-5));
  const tokens = transpose(reshape(features, [2, channels, positions]), [0, 2, 1]);
  const attended = attention(tokens, tokens, tokens, { scale: channels ** -0.5 });
  const prediction = matmul(attended, weights.projection);
  const slopes = gradients(mean(mul(prediction, prediction)), Object.values(weights));
  const named = Object.keys(weights).map((name, i) => [`gradient of ${name}`, slopes[i]] as const);
  return program({ outputs: { prediction, ...Object.fromEntries(named) } });
}

/**
 * Checks a backend on this machine: runs a small network and its gradients and compares with the float64
 * evaluation.
 *
 * @returns the largest error relative to the largest element of its tensor, about 1e-6 for float32; Infinity
 * if any value is NaN.
 */
export async function selfTest(backend: Backend): Promise<number> {
  const network = smallNetwork();
  const values = (specs: Readonly<Record<string, TensorSpec>>) =>
    Object.fromEntries(
      // Irregular numbers without a random generator, because the core of the graph also runs in browsers.
      Object.entries(specs).map(([name, { shape }]) => [
        name,
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => 1.5 * Math.sin((i + name.length) ** 2)),
      ]),
    );
  const given = { inputs: values(network.inputs), state: values(network.state) };
  const weights = await backend.createState(network.state);
  for (const [name, value] of Object.entries(given.state)) await weights.write(name, value);
  const executable = await backend.compile(network, weights);
  const found = await executable.run(given.inputs);
  await executable.dispose();
  await weights.dispose();
  const expected = Object.entries(evaluate(network, given).outputs);
  return Math.max(...expected.map(([name, value]) => relativeError(numbersOf(found[name]), value)));
}

function relativeError(found: ArrayLike<number>, expected: Float64Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const differences = expected.map((value, i) => Math.abs(found[i] - value));
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences) / largest;
}
