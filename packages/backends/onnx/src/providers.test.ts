import { expect, test } from 'vitest';
import { availableProviders, parseProvider } from './providers.ts';

test('the CPU provider is always available and the default', () => {
  expect(availableProviders()).toContain('cpu');
  expect(parseProvider('onnx')).toBe('cpu');
  expect(parseProvider('onnx:cpu')).toBe('cpu');
});

test.each(['onnx:gpu', 'webgpu', 'onnx:', 'torch:cpu', 'onnx:cpu:0'])(
  'rejects "%s" and lists the available providers',
  (name) => {
    expect(() => parseProvider(name)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('onnx:cpu') as string }),
    );
  },
);
