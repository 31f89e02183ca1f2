// A separate process per part and network, which loads only the backend being measured, so that the peak
// memory is its own.
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { collectGarbage, keepHeapSmall } from '@rewardedit/core';
import { runRace } from './race.ts';
import { unetRace } from './train-step.ts';
import type { UNetTask } from './unets.ts';

process.once('message', (task: UNetTask) => void work(task));

async function work({ net, part, backend, turns, warmup, ...task }: UNetTask): Promise<void> {
  const open = async () => {
    if (backend === 'onnx') return createOnnxBackend({ threads: task.threads });
    const { openBackend } = await import('../parity/backends.ts');
    return openBackend(backend);
  };
  // As `train` does.
  keepHeapSmall();
  const { race, dispose } = await unetRace(net, part, { ...task, backend: open });
  if (part === 'train') collectGarbage();
  process.stderr.write(`${race.name}...\n`);
  process.send!(await runRace(race, { warmup, turns }));
  await dispose();
  process.disconnect();
}
