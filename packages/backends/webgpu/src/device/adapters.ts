import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { RewardEditError } from '@rewardedit/core';
import type { KernelSet } from './kernel-set.ts';

/** Dawn's own switches: f16 on NVIDIA, and what is still experimental, such as matrix units. */
const ALWAYS = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia'];
/**
 * On a GPU, what costs time and protects from shaders of strangers: kernels here read no element that is not there, divide by no
 * zero, and write the memory of a workgroup before they read it.
 */
const FAST = ['disable_robustness', 'disable_workgroup_init', 'disable_polyfills_on_integer_div_and_mod'];
/** Clocks for measurements are rounded to a tenth of a millisecond otherwise. */
const NEVER = 'disable-dawn-features=timestamp_quantization';

/** Where Debian's and Chrome's packages have the SwiftShader driver, which computes on the processor. */
const SOFTWARE_DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

/** The name under which a driver that computes on the processor is asked for. */
export const SOFTWARE = 'software';

/** Kept for good: Dawn ends the process when the object through which it was started is collected. */
const instances: GPU[] = [];

async function startDawn(switches: readonly string[], ...options: readonly string[]): Promise<GPU> {
  // Without it, the Vulkan drivers of Linux complain.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  const { create } = await import('webgpu');
  const gpu = create([`enable-dawn-features=${switches.join(',')}`, NEVER, ...options]);
  instances.push(gpu);
  return gpu;
}

/**
 * The adapter to compute with: the fastest GPU, or that whose name contains what is asked for; on a machine without one,
 * a driver that computes on the processor.
 *
 * @param chosen a part of the adapter's name, or "software".
 * @param kernels 'safe' keeps Dawn's protection against reading what is not there.
 * @throws RewardEditError 'failed' where there is none, with what to install.
 */
export async function findAdapter(chosen?: string, kernels: KernelSet = 'full'): Promise<GPUAdapter> {
  if (chosen !== SOFTWARE) {
    const switches = kernels === 'full' ? [...ALWAYS, ...FAST] : ALWAYS;
    const gpu = await startDawn(switches, ...(chosen === undefined ? [] : [`adapter=${chosen}`]));
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter && (chosen !== undefined || !adapter.info.isFallbackAdapter)) return adapter;
    if (chosen !== undefined) {
      throw new RewardEditError('failed', `No GPU whose name contains "${chosen}" was found.`, {
        hint: '`rewardedit doctor` lists the GPUs that are there.',
      });
    }
  }
  // Of several such drivers SwiftShader, which makes kernels ready several times as fast as Mesa's.
  const driver = SOFTWARE_DRIVERS.find(existsSync);
  if (driver) process.env['VK_DRIVER_FILES'] ??= driver;
  const adapter = await (await startDawn(ALWAYS)).requestAdapter();
  if (adapter) return adapter;
  throw new RewardEditError('failed', 'No GPU was found that WebGPU can use.', { hint: whatToInstall() });
}

/** An adapter, as users are told of it. */
export interface AdapterReport {
  /** What `--adapter` may name a part of. */
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits that decide what a device can run. */
const REPORTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** The adapters that are found: the fastest, the most economical, and one that computes on the processor. */
export async function listAdapters(): Promise<AdapterReport[]> {
  const found = new Map<string, AdapterReport>();
  const kinds: readonly GPURequestAdapterOptions[] = [
    { powerPreference: 'high-performance' },
    { powerPreference: 'low-power' },
    { forceFallbackAdapter: true },
  ];
  for (const kind of kinds) {
    const adapter = await (await startDawn(ALWAYS)).requestAdapter(kind);
    if (!adapter) continue;
    const report = reportOf(adapter);
    found.set(report.name, report);
  }
  if (found.size === 0) {
    const report = reportOf(await findAdapter(SOFTWARE));
    found.set(report.name, report);
  }
  return [...found.values()];
}

function reportOf({ info, features, limits }: GPUAdapter): AdapterReport {
  return {
    name: info.device || info.description,
    vendor: info.vendor,
    architecture: info.architecture,
    software: info.isFallbackAdapter,
    features: [...features].sort(),
    limits: Object.fromEntries(REPORTED_LIMITS.map((name) => [name, limits[name]])),
  };
}

const INSTALL: { readonly [Platform in NodeJS.Platform]?: string } = {
  linux:
    "Install the GPU's Vulkan driver (NVIDIA: the package of the driver; AMD and Intel: mesa-vulkan-drivers) and the loader " +
    '(libvulkan1). In a container, the driver has to be let in (for NVIDIA: --gpus all, NVIDIA_DRIVER_CAPABILITIES=all). To ' +
    'compute on the processor instead, install chromium, whose SwiftShader is found by itself.',
  darwin: 'WebGPU needs macOS 11 or newer with a GPU that has Metal.',
  win32: "Install the GPU's current driver: WebGPU needs Direct3D 12 or Vulkan.",
};

/** What a machine of this platform lacks where it has no adapter. */
export function whatToInstall(platform: NodeJS.Platform = process.platform): string {
  return INSTALL[platform] ?? 'WebGPU runs on Linux, macOS and Windows.';
}
