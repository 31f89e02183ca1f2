import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { add, input, program, state } from '@rewardedit/graph';
import { createState } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import { testBackend } from '../testing/test-backend.ts';
import { createDeviceBackend } from '../webgpu-backend.ts';
import { findAdapter, whatToInstall } from './adapters.ts';
import { watchFaults } from './faults.ts';
import { openDevice } from './open-device.ts';

const present = await testBackend();

class GPUOutOfMemoryError extends Error {}
class GPUInternalError extends Error {}

/** The `lost` promise of a device, and a function that resolves it. */
function loss() {
  let lose: (told: { reason: string; message: string }) => void = () => undefined;
  const lost = new Promise<{ reason: string; message: string }>((resolve) => (lose = resolve));
  return { lost, lose };
}

/** A device that does nothing but fail. */
function faultyDevice() {
  const target = new EventTarget();
  const { lost, lose } = loss();
  const fail = (error: Error) => target.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
  return { device: Object.assign(target, { lost }) as unknown as GPUDevice, lose, fail };
}

describe('device errors become errors with a hint', () => {
  test('out of memory', () => {
    const { device, fail } = faultyDevice();
    const faults = watchFaults(device);
    expect(() => faults.check()).not.toThrow();
    fail(new GPUOutOfMemoryError('CreateBuffer failed with VK_ERROR_OUT_OF_DEVICE_MEMORY'));
    expect(() => faults.check()).toThrow("The GPU's memory is full.");
    expect(faults.explained(new Error('whatever follows'))).toMatchObject({
      message: "The GPU's memory is full.",
      hint: expect.stringContaining('smaller batch') as string,
    });
  });

  test('any other error; the first one is reported as the cause', () => {
    const { device, fail } = faultyDevice();
    const faults = watchFaults(device);
    fail(new GPUInternalError('the driver is confused\n - while calling it'));
    fail(new GPUOutOfMemoryError('later'));
    expect(() => faults.check()).toThrow(/^WebGPU: the driver is confused$/);
  });

  test('a closed device is not a lost one', async () => {
    const { device, lose } = faultyDevice();
    const faults = watchFaults(device);
    lose({ reason: 'destroyed', message: '' });
    await Promise.resolve();
    expect(() => faults.check()).not.toThrow();
    expect(faults.explained(new Error('mapAsync was refused')).message).toBe(
      'The WebGPU backend was disposed of.',
    );
  });
});

describe.skipIf(!present)('a lost device', () => {
  test('fails the current call and all later ones', async () => {
    const { device, traits } = await openDevice(await findAdapter());
    const { lost, lose } = loss();
    const breaking = new Proxy(device, {
      get: (target, name) => {
        if (name === 'lost') return lost;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const backend = createDeviceBackend(breaking, {
      traits,
      name: 'breaking',
      availableMemory: () => Number.POSITIVE_INFINITY,
      memoryLimit: () => Number.POSITIVE_INFINITY,
    });
    const w = state('w', [2]);
    const step = program({ outputs: { w }, updates: { w: add(w, input('x', [2])) } });
    const memory = await createState(backend, step, { w: Float32Array.of(1, 2) });
    const executable = await backend.compile(step, memory);
    const inputs = { x: Float32Array.of(1, 1) };
    await executable.run(inputs);
    lose({ reason: 'unknown', message: 'DeviceLost: the driver was reset' });
    device.destroy();
    const expected = {
      message: 'The GPU was lost: DeviceLost: the driver was reset',
      hint: expect.stringContaining('resumes from the last checkpoint') as string,
    };
    await expect(executable.run(inputs)).rejects.toMatchObject(expected);
    await expect(memory.read('w')).rejects.toMatchObject(expected);
    await expect(backend.createState(step.state)).rejects.toBeInstanceOf(Error);
  });
});

describe('without an adapter', () => {
  test('the error names what to install on the platform', { timeout: 300_000 }, async () => {
    for (const [platform, word] of [
      ['linux', 'mesa-vulkan-drivers'],
      ['darwin', 'Metal'],
      ['win32', 'Direct3D 12'],
      ['aix', 'WebGPU runs on Linux, macOS and Windows.'],
    ] as const)
      expect(whatToInstall(platform)).toContain(word);
    const dawn = JSON.stringify(join(import.meta.dirname, '../dawn.ts'));
    const script = `import { createWebGpuBackend } from ${dawn};
      await createWebGpuBackend().catch(({ message, hint }) => console.log(message, hint)); process.exit();`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { env: { ...process.env, VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' } },
    );
    expect(stdout).toContain('No GPU was found that WebGPU can use.');
    expect(stdout).toContain(whatToInstall());
  });
});
