import { createState } from '@rewardedit/graph/testing';
import { createWebGpuBackend } from '../dawn.ts';
import { smallBatch, smallStart, smallTraining } from './small-training.ts';

// A separate process that trains. Sends 'ready' first. Each message is a number of steps; the reply is the state after them.
const seed = Number(process.argv[2]);
const step = smallTraining();
const backend = await createWebGpuBackend({ kernels: 'full', tune: false });
const memory = await createState(backend, step, smallStart(step, seed));
const executable = await backend.compile(step, memory);
let done = 0;

async function train(steps: number): Promise<void> {
  for (const end = done + steps; done < end; done++) await executable.run(smallBatch(done + 1, seed));
  const values: [string, unknown][] = [];
  for (const name of Object.keys(step.state)) values.push([name, await memory.read(name)]);
  process.send!(Object.fromEntries(values));
}

process.on('message', (steps: number) => void train(steps));
process.once('disconnect', () => process.exit());
process.send!('ready');
