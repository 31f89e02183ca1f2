import { expect, test } from 'vitest';
import { nativeMessages, tidyNativeMessage } from './native-messages.ts';

test('extracts the messages of native libraries', () => {
  const written = [
    '\u001B[1;31m2026-11-26 13:40:29.883401615 [E:onnxruntime:onnxruntime-node, provider_bridge_ort.cc:2146 Create] ' +
      '/onnxruntime_src/core/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() ' +
      '[ONNXRuntimeError] : 1 : FAIL : Failed to load library libx.so with error: no such file',
    '\u001B[m',
    "Warning: Couldn't load Vulkan: libvulkan.so.1: no such file",
    '    at operator() (/build/dawn-src/src/dawn/native/vulkan/BackendVk.cpp:368)',
    "Warning: Couldn't load Vulkan: libvulkan.so.1: no such file",
    '',
  ].join('\n');
  expect(nativeMessages(written)).toEqual([
    'Failed to load library libx.so with error: no such file',
    "Couldn't load Vulkan: libvulkan.so.1: no such file",
  ]);
});

test('removes the failed condition, and keeps other messages unchanged', () => {
  const failed =
    'Compiling failed: /onnxruntime_src/webgpu_context.cc:136 onnxruntime::Initialize(const Config&)::<lambda()> ' +
    'result.status == Success was false. Failed to get a WebGPU adapter: No supported adapters';
  expect(tidyNativeMessage(failed)).toBe(
    'Compiling failed: Failed to get a WebGPU adapter: No supported adapters',
  );
  expect(tidyNativeMessage('no device was found')).toBe('no device was found');
});

test('returns few messages, however much was written', () => {
  const written = Array.from({ length: 100 }, (_, i) => `message ${i}`).join('\n');
  expect(nativeMessages(written)).toEqual(['message 0', 'message 1', 'message 2']);
});
