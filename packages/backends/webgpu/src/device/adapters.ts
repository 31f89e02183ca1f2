import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { RewardEditError } from '@rewardedit/core';
import type { KernelSet } from './kernel-set.ts';

/** Dawn's toggles for f16 on NVIDIA and for experimental features such as subgroup matrices. */
const ALWAYS = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia'];
/**
 * On a GPU, disables checks against untrusted shaders, which cost time: kernels here never read out of
 * bounds, divide by zero, or read workgroup memory before writing it.
 */
const FAST = ['disable_robustness', 'disable_workgroup_init', 'disable_polyfills_on_integer_div_and_mod'];
/** Otherwise timestamps are rounded to a tenth of a millisecond. */
const NEVER = 'disable-dawn-features=timestamp_quantization';

/** Paths of the SwiftShader driver, which runs on the processor, in Debian's and Chrome's packages. */
const SOFTWARE_DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib64/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

/** The `--adapter` name of a driver that runs on the processor. */
export const SOFTWARE = 'software';

/** Kept alive: Dawn crashes the process if the object that created it is garbage-collected. */
const instances: GPU[] = [];

async function startDawn(switches: readonly string[], ...options: readonly string[]): Promise<GPU> {
  // Vulkan drivers on Linux print a warning without it.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  const { create } = await import('webgpu');
  const gpu = create([`enable-dawn-features=${switches.join(',')}`, NEVER, ...options]);
  instances.push(gpu);
  return gpu;
}

/**
 * Finds the adapter to use: the fastest GPU, or the one whose name contains `chosen`; without a GPU, a driver
 * that runs on the processor.
 *
 * @param chosen part of the adapter's name, or "software".
 * @param kernels 'safe' keeps Dawn's bounds checks.
 * @throws RewardEditError 'failed' if no adapter is found, with a hint what to install.
 */
export async function findAdapter(chosen?: string, kernels: KernelSet = 'full'): Promise<GPUAdapter> {
  if (chosen !== SOFTWARE) {
    const switches = kernels === 'full' ? [...ALWAYS, ...FAST] : ALWAYS;
    const gpu = await startDawn(switches, ...(chosen === undefined ? [] : [`adapter=${chosen}`]));
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter && (chosen !== undefined || !adapter.info.isFallbackAdapter)) return adapter;
    if (chosen !== undefined) {
      throw new RewardEditError('failed', `No GPU whose name contains "${chosen}" was found.`, {
        hint: '`rewardedit doctor` lists the available GPUs.',
      });
    }
  }
  // Prefer SwiftShader, which compiles kernels several times as fast as Mesa's software driver.
  const driver = SOFTWARE_DRIVERS.find(existsSync);
  if (driver) process.env['VK_DRIVER_FILES'] ??= driver;
  const adapter = await (await startDawn(ALWAYS)).requestAdapter();
  if (adapter) return adapter;
  throw new RewardEditError('failed', 'No GPU was found that WebGPU can use.', { hint: whatToInstall() });
}

/** An adapter, for users. */
export interface AdapterReport {
  /** The name that `--adapter` matches. */
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

/** Lists the fastest adapter, the most power-efficient one, and one that runs on the processor. */
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
    "Install the GPU's Vulkan driver (NVIDIA: part of its driver package; AMD and Intel: mesa-vulkan-drivers) and the loader " +
    '(libvulkan1). In a container, the driver must be exposed (for NVIDIA: --gpus all, NVIDIA_DRIVER_CAPABILITIES=all). To run ' +
    'on the processor instead, install chromium, whose SwiftShader driver is detected automatically.',
  darwin: 'WebGPU needs macOS 11 or newer with a GPU that has Metal.',
  win32: "Install the GPU's current driver: WebGPU needs Direct3D 12 or Vulkan.",
};

/** Returns what to install on this platform when no adapter is found. */
export function whatToInstall(platform: NodeJS.Platform = process.platform): string {
  return INSTALL[platform] ?? 'WebGPU runs on Linux, macOS and Windows.';
}
