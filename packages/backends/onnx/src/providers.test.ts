import { expect, test } from 'vitest';
import { availableProviders, parseProvider } from './providers.ts';

test('the CPU is always there, and is what is meant when nothing is said', () => {
  expect(availableProviders()).toContain('cpu');
  expect(parseProvider('onnx')).toBe('cpu');
  expect(parseProvider('onnx:cpu')).toBe('cpu');
});

test.each(['onnx:gpu', 'webgpu', 'onnx:', 'torch:cpu', 'onnx:cpu:0'])(
  '"%s" is refused, with what there is',
  (name) => {
    expect(() => parseProvider(name)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('onnx:cpu') as string }),
    );
  },
);
