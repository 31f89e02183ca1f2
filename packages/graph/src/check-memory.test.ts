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

test('what fits is told', () => {
  expect(check(4e9, 8e9)).toEqual([{ type: 'memory', ...need }]);
});

test('more than is free is warned of', () => {
  const [, warning] = check(3e9, 8e9);
  const message =
    'Training needs about 3.5 GB of memory, of which 3.0 GB are free now: it may be ended or become very slow. Choose a smaller --size.';
  expect(warning).toEqual({ type: 'warning', message });
});

test('more than there is at all is refused', () => {
  const message = 'Training needs about 3.5 GB of memory, and there are 3.0 GB for onnx:cpu';
  expect(() => check(3e9, 3e9)).toThrow(expect.objectContaining({ code: 'failed', message, hint }));
});
