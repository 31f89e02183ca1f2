import type { EventBody } from '@rewardedit/core';
import { expect, test } from 'vitest';
import { checkMemory } from './check-memory.ts';

const need = { state: 2e9, frozen: 0, activations: 1e9, workspace: 0.5e9 };
const hint = 'Choose a smaller --size.';

function check(available: number, limit: number): EventBody[] {
  const events: EventBody[] = [];
  const backend = { name: 'onnx:cpu', availableMemory: () => available, memoryLimit: () => limit };
  checkMemory(need, backend, { what: 'Training', hint, emit: (event) => events.push(event) });
  return events;
}

test('reports a need that fits', () => {
  expect(check(4e9, 8e9)).toEqual([{ type: 'memory', ...need }]);
});

test('warns of a need beyond the free memory', () => {
  const [, warning] = check(3e9, 8e9);
  const message =
    'Training needs about 3.5 GB of memory, but only 3.0 GB are free now: the process may be killed or become very slow. Choose a smaller --size.';
  expect(warning).toEqual({ type: 'warning', message });
});

test('rejects a need beyond the total memory', () => {
  const message = 'Training needs about 3.5 GB of memory, but onnx:cpu has only 3.0 GB';
  expect(() => check(3e9, 3e9)).toThrow(expect.objectContaining({ code: 'failed', message, hint }));
});
