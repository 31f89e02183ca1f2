// A separate process per case, so that the peak is that of the case.
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { sizeOf, zeros, type TensorData } from '@rewardedit/graph';
import { MEMORY_CASES } from './memory-cases.ts';
import { residentBytes } from './race.ts';
import type { MemoryReport } from './memory.ts';

const RUNS = 3;

process.once('message', ({ name, threads }: { name: string; threads: number }) => void work(name, threads));

async function work(name: string, threads: number): Promise<void> {
  const programs = MEMORY_CASES[name]();
  const backend = await createOnnxBackend({ threads });
  // The first program has all entries that the others read.
  const [{ program: first }] = programs;
  const need = backend.memory({ states: [first.state], programs });
  const before = process.memoryUsage.rss();

  const state = await backend.createState(first.state);
  // One array for all, so that only the backend's own memory is counted.
  const lengths = Object.values(first.state).map(({ shape }) => sizeOf(shape));
  const some = new Float32Array(Math.max(...lengths)).fill(0.01);
  for (const [entry, { shape }] of Object.entries(first.state))
    await state.write(entry, some.subarray(0, sizeOf(shape)));
  const runs: (() => Promise<unknown>)[] = [];
  for (const { program, freeze, aliases, scalars } of programs) {
    const executable = await backend.compile(program, state, { freeze, aliases });
    const inputs: Record<string, TensorData> = { ...scalars };
    for (const [input, { shape, dtype }] of Object.entries(program.inputs)) {
      inputs[input] ??= zeros(dtype, sizeOf(shape)).fill(1);
    }
    runs.push(() => executable.run(inputs));
  }
  // In turns, like training steps and samples.
  for (let turn = 0; turn < RUNS; turn++) for (const run of runs) await run();
  const report: MemoryReport = { name, need, peakBytes: residentBytes() - before };
  process.send!(report);
  await backend.dispose();
  process.disconnect();
}
