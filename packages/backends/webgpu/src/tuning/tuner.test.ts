import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { input, matmul, program } from '@rewardedit/graph';
import { runProgram } from '@rewardedit/graph/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { KernelStep } from '../codegen/shader.ts';
import { stored } from '../codegen/stored.ts';
import { createWebGpuBackend } from '../dawn.ts';
import { findAdapter } from '../device/adapters.ts';
import { openDevice } from '../device/open-device.ts';
import { createPipelines } from '../device/pipelines.ts';
import { testBackend } from '../testing/test-backend.ts';
import { choiceFileOf, choicesInFile } from './choice-file.ts';
import { choiceKey, choicesInMemory } from './choices.ts';
import { createTuner } from './tuner.ts';

const present = await testBackend();

const [x, y] = [stored([64], 'f32', { kind: 'input' }), stored([64], 'f32', { kind: 'output' })];

/** A kernel that stores an expression of `v`. */
function kernel(body: string, code: string): KernelStep {
  const wgsl = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { let v = x[i]; y[i] = ${code}; }`;
  return { label: body, body, wgsl, tensors: [x, y], written: [y], workgroups: [1, 1, 1] };
}

const plain = kernel('plain', 'v + v');
const step: KernelStep = {
  ...kernel('wrong', 'v * 2.5'),
  alternatives: () => [kernel('broken', 'no_such_function(v)'), plain],
};

describe.skipIf(!present)('the tuner', () => {
  test('rejects kernels with wrong results or compile errors, and remembers its choice', async () => {
    const { device, traits } = await openDevice(await findAdapter());
    const choices = choicesInMemory();
    const tuner = createTuner({ device, pipelines: createPipelines(device), traits }, choices);
    expect((await tuner.choose(step)).body).toBe('plain');
    expect(choices.get(await choiceKey(step))).toBe('plain');
    // A remembered choice is not timed again, and a kernel without alternatives is never timed.
    const remembered = createTuner(
      { device: undefined as never, pipelines: undefined as never, traits },
      choices,
    );
    expect((await remembered.choose(step)).body).toBe('plain');
    expect(await remembered.choose(plain)).toBe(plain);
    device.destroy();
  });
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'choices-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test.skipIf(!present)('nothing is timed or stored for a software driver', async () => {
  const folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const backend = await createWebGpuBackend({ adapter: 'software', tune: true });
  const square = (name: string) => input(name, [64, 64]);
  const built = program({ outputs: { y: matmul(square('a'), square('b')) } });
  await runProgram(backend, built, {
    inputs: { a: new Float32Array(4096), b: new Float32Array(4096) },
  });
  await backend.dispose();
  expect(await readdir(folder)).toEqual([]);
});

describe('choices in a file', () => {
  async function path(): Promise<string> {
    return join(await temporaryFolder(), 'deep', 'choices.json');
  }

  test('are separate for each adapter, driver and version of Dawn', () => {
    const info = { vendor: 'nvidia', device: '0x2330', description: 'NVIDIA H200, driver 580' };
    const files = [
      choiceFileOf(info, 'webgpu 0.6.2'),
      choiceFileOf({ ...info, device: '0x2684' }, 'webgpu 0.6.2'),
      choiceFileOf({ ...info, description: 'NVIDIA H200, driver 590' }, 'webgpu 0.6.2'),
      choiceFileOf(info, 'webgpu 0.7.0'),
    ];
    expect(new Set(files).size).toBe(4);
    expect(choiceFileOf({ ...info }, 'webgpu 0.6.2')).toBe(files[0]);
  });

  test('distinguish kernels by code and grid', async () => {
    const other = { ...plain, wgsl: plain.wgsl.replace('v + v', 'v') };
    const larger = { ...plain, workgroups: [2, 1, 1] as const };
    expect(new Set(await Promise.all([plain, other, larger].map(choiceKey))).size).toBe(3);
  });

  test('are shared between processes', async () => {
    const file = await path();
    const [one, other] = [choicesInFile(file), choicesInFile(file)];
    one.set('a', 'register tile');
    other.set('b', 'matrices 64x64');
    const later = choicesInFile(file);
    expect([later.get('a'), later.get('b')]).toEqual(['register tile', 'matrices 64x64']);
  });

  test('start over if the file is damaged, and stay in memory if it cannot be written', async () => {
    const file = await path();
    choicesInFile(file).set('a', 'register tile');
    await writeFile(file, '{"a": "regis');
    const choices = choicesInFile(file);
    expect(choices.get('a')).toBeUndefined();
    choices.set('b', 'register tile');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ b: 'register tile' });
    const nowhere = choicesInFile(join(file, 'below a file.json'));
    nowhere.set('c', 'register tile');
    expect(nowhere.get('c')).toBe('register tile');
  });
});
