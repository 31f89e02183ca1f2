import {
  conv2d,
  evaluate,
  gradients,
  input,
  matmul,
  mean,
  mul,
  program,
  reshape,
  silu,
  state,
  type Backend,
  type Program,
} from '@rewardedit/graph';

/**
 * Whether a backend computes what it should on this machine: a small network with a convolution and a matrix
 * product, its loss and its gradients, against the float64 evaluation.
 *
 * @returns the largest error of any of them, as a share of the largest element. Around 1e-6 is what float32
 * gives.
 */
export async function selfTest(backend: Backend): Promise<number> {
  // Six channels: with the layout it prefers by itself, ONNX Runtime's WebGPU provider computes them wrongly.
  const x = input('x', [2, 6, 8, 8]);
  const parameters = { kernel: state('kernel', [8, 6, 3, 3]), matrix: state('matrix', [64, 12]) };
  const activated = silu(conv2d(x, parameters.kernel, { padding: 1 }));
  const projected = matmul(reshape(activated, [16, 64]), parameters.matrix);
  const loss = mean(mul(projected, projected));
  const [kernel, matrix] = gradients(loss, [parameters.kernel, parameters.matrix]);
  const built: Program = program({ outputs: { loss, kernel, matrix } });

  const values = {
    inputs: { x: waves(2 * 6 * 64, 1.3) },
    state: { kernel: waves(8 * 54, 0.7), matrix: waves(64 * 12, 2.1) },
  };
  const memory = await backend.createState({
    kernel: { shape: parameters.kernel.shape, dtype: 'f32' },
    matrix: { shape: parameters.matrix.shape, dtype: 'f32' },
  });
  await memory.write('kernel', values.state.kernel);
  await memory.write('matrix', values.state.matrix);
  const executable = await backend.compile(built, memory);
  const actual = await executable.run(values.inputs);
  await executable.dispose();
  await memory.dispose();

  const errors = Object.entries(evaluate(built, values).outputs).map(([name, expected]) => {
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const differences = expected.map((value, i) => Math.abs(actual[name][i] - value) / largest);
    return differences.some(Number.isNaN) ? Infinity : Math.max(...differences);
  });
  return Math.max(...errors);
}

function waves(length: number, frequency: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(frequency * i));
}
