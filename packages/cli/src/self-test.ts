import { createRandom, RewardEditError } from '@rewardedit/core';
import {
  attention,
  conv2d,
  evaluate,
  gradients,
  groupNorm,
  input,
  matmul,
  mean,
  mul,
  program,
  reshape,
  silu,
  sizeOf,
  state,
  transpose,
  type Backend,
  type Program,
} from '@rewardedit/graph';

/** How a backend did on a small network whose results are known. */
export type SelfTest = {
  readonly backend: string;
  /** "not available" where it cannot be started on this machine, for want of a device or a driver. */
  readonly outcome: 'passed' | 'failed' | 'not available';
  /** The largest difference from the reference, as a share of the largest value of its tensor. */
  readonly largestError?: number;
  /** Seconds that it took to start, compile and run. */
  readonly seconds?: number;
  readonly problem?: string;
};

/** Some devices multiply with ten bits of mantissa, which is enough to learn with. */
const TOLERANCE = 5e-3;

/** A convolution, a normalization, attention and a product, forwards and backwards. */
function smallNetwork(): Program {
  const [channels, positions] = [8, 36];
  const picture = input('picture', [2, 4, 6, 6]);
  const weights = [
    state('convolution', [channels, 4, 3, 3]),
    state('scale', [channels]),
    state('shift', [channels]),
    state('projection', [channels, 3]),
  ];
  const [convolution, scale, shift, projection] = weights;
  const features = silu(groupNorm(conv2d(picture, convolution, { padding: 1 }), 2, scale, shift, 1e-5));
  const tokens = transpose(reshape(features, [2, channels, positions]), [0, 2, 1]);
  const attended = attention(tokens, tokens, tokens, { scale: channels ** -0.5 });
  const prediction = matmul(attended, projection);
  const loss = mean(mul(prediction, prediction));
  const slopes = gradients(loss, weights).map((gradient, i) => [`gradient ${i}`, gradient] as const);
  return program({ outputs: { prediction, ...Object.fromEntries(slopes) } });
}

/**
 * Runs the small network on a backend, and on the reference in double precision.
 *
 * @throws RewardEditError 'usage' where there is no backend of that name.
 */
export async function selfTest(name: string, open: () => Promise<Backend>): Promise<SelfTest> {
  const network = smallNetwork();
  const random = createRandom(0, 'self-test');
  const values = (tensors: Program['inputs']) =>
    Object.fromEntries(
      Object.entries(tensors).map(([key, { shape }]) => {
        const numbers = new Float32Array(sizeOf(shape));
        random.fillNormal(numbers);
        return [key, numbers];
      }),
    );
  const given = { inputs: values(network.inputs), state: values(network.state) };
  const begun = performance.now();
  let found: Readonly<Record<string, ArrayLike<number>>>;
  try {
    found = await runOn(open, network, given);
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code === 'usage') throw error;
    return { backend: name, outcome: 'not available', problem: firstLine(error.message) };
  }
  const seconds = (performance.now() - begun) / 1000;
  const expected = evaluate(network, given).outputs;
  const largestError = Math.max(
    ...Object.entries(expected).map(([key, reference]) => relativeError(found[key], reference)),
  );
  const outcome = largestError <= TOLERANCE ? 'passed' : 'failed';
  return { backend: name, outcome, largestError, seconds };
}

function firstLine(text: string): string {
  return text.split('\n')[0];
}

async function runOn(
  open: () => Promise<Backend>,
  network: Program,
  given: { inputs: Record<string, Float32Array>; state: Record<string, Float32Array> },
) {
  const backend = await open();
  try {
    const weights = await backend.createState(network.state);
    for (const [key, value] of Object.entries(given.state)) await weights.write(key, value);
    const executable = await backend.compile(network, weights);
    return await executable.run(given.inputs);
  } finally {
    await backend.dispose();
  }
}

/** The largest difference as a share of the largest value; infinite where something is not a number. */
function relativeError(found: ArrayLike<number>, expected: Float64Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const error = expected.reduce((most, value, i) => {
    const difference = Math.abs(found[i] - value);
    return difference <= most ? most : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }, 0);
  return error / largest;
}
