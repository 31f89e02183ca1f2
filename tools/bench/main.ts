import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { Precision } from '@rewardedit/diffusion';
import type { GpuResult } from './gpu/gpu-result.ts';
import { benchGpu, formatGpu, formatValues } from './gpu/run-parts.ts';
import { KERNEL_BENCHES, kernelRaces } from './kernel-races.ts';
import { autoencoderRaces } from './autoencoder.ts';
import { CONFIGS, NETS, type NetName } from './nets.ts';
import { formatProfile, type ProfileRow } from './gpu/profile-table.ts';
import { formatPlan, planNets } from './plan.ts';
import { runRace, type RaceResult } from './race.ts';
import type { Part } from './timed-net.ts';
import { USUAL_NETS } from './train-step.ts';
import { measureUnet } from './unets.ts';
import { openBackend } from '../parity/backends.ts';
import { formatScreen, measureScreen } from './screens/measure-screen.ts';
import { formatReplay, measureReplay } from './screens/measure-replay.ts';

const USAGE = `npm run bench -- train-step|unet-step [--net NAME | --config sd15] [--batch N] [--part NAME] [--backend NAME] [--precision f32|f16] [--against torch|ort] [--threads N] [--turns N] [--warmup N] [--trace FILE] [--json]
npm run bench -- autoencoder [--against torch] [--threads N] [--turns N] [--warmup N] [--json]
npm run bench -- gemm|conv|attention [--backend NAME] [--precision f32|f16] [--against ort] [--turns N] [--warmup N] [--trace FILE] [--json]
npm run bench -- plan [--net NAME] [--precision f32|f16] [--json]
npm run bench -- gpu [--out FILE] [--small] [--against torch]
npm run bench -- annotate [--triplets N] [--concurrency N] [--latency MS] [--faults SHARE] [--timeout S] [--size PIXELS] [--json]
npm run bench -- tui [--threads N] [--pairs N] [--json]
npm run bench -- replay [--events N] [--json]
npm run bench -- memory [--threads N] [--json]
npm run bench -- datasets [--rows N] [--json]

  --backend NAME    the backend to measure: onnx (the default), webgpu, ...
  --net NAME        smallest, unet-tiny, middle, "sd15 at batch 1", sd15 or "sd15 at 256"; unet-tiny and middle by default
  --config sd15     the U-Net of Stable Diffusion 1.5 at 512 pixels, at batch 1 and 3
  --batch N         batch size; each network has its own by default
  --part NAME       forward or train; both by default. Each runs in a separate process, for its own peak of memory
  --precision T     the type of networks and operands; f32 by default
  --against ort     alternate with ONNX Runtime's own WebGPU provider, on the same driver
  --against torch   alternate with the same networks in PyTorch; needs a python3 with torch (PYTHON names another)
  --threads N       threads of each side; one per core by default
  --turns N         measured turns; 15 by default
  --warmup N        turns before those, not measured; 3 by default
  --trace FILE      on webgpu, write the profile of each program to this file, for chrome://tracing

  --out FILE        where results are written as they are measured; bench-gpu.json by default
  --small           small networks and shapes, to try it without a GPU

  --pairs N         pairs of blocks of 6 s, one with a screen and one without; 15 by default

  --events N        events to emit and then replay on a screen; 100000 by default

  --triplets N      triplets to annotate through an unreliable local server; 20000 by default
  --concurrency N   concurrent calls; 256 by default
  --latency MS      latency of the server; 800 by default
  --faults SHARE    share of calls that fail; 0.05 by default
  --timeout S       timeout of a call; 4 by default, because an eighth of the faults are calls that never return
  --size PIXELS     width and height of the pictures; 64 by default

  --rows N          rows of a dataset; may be repeated; 1000, 10000 and 100000 by default`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: 'string', default: 'onnx' },
    against: { type: 'string' },
    net: { type: 'string', multiple: true, default: [...USUAL_NETS] },
    config: { type: 'string' },
    batch: { type: 'string' },
    part: { type: 'string', multiple: true, default: ['forward', 'train'] },
    precision: { type: 'string', default: 'f32' },
    out: { type: 'string', default: 'bench-gpu.json' },
    small: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    turns: { type: 'string', default: '15' },
    pairs: { type: 'string', default: '15' },
    events: { type: 'string', default: '100000' },
    warmup: { type: 'string', default: '3' },
    trace: { type: 'string' },
    triplets: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '256' },
    latency: { type: 'string', default: '800' },
    faults: { type: 'string', default: '0.05' },
    timeout: { type: 'string', default: '4' },
    size: { type: 'string', default: '64' },
    rows: { type: 'string', multiple: true, default: ['1000', '10000', '100000'] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const BENCHES: Readonly<Record<string, () => Promise<{ json: object; text: string }>>> = {
  'train-step': () => benchUnets(values.part as Part[]),
  'unet-step': () => benchUnets(['forward']),
  autoencoder: benchAutoencoder,
  ...Object.fromEntries(Object.keys(KERNEL_BENCHES).map((name) => [name, () => benchKernels(name)])),
  gpu: async () => {
    const report = await benchGpu({ out: values.out, small: values.small, against: values.against });
    return { json: report, text: formatGpu(report) };
  },
  plan: async () => {
    const plans = planNets(values.net as NetName[], values.precision as Precision);
    return { json: plans, text: plans.map(formatPlan).join('\n') };
  },
  annotate: benchAnnotate,
  memory: benchMemory,
  datasets: benchDatasets,
  tui: benchScreen,
  replay: benchReplay,
};

const bench = BENCHES[positionals.join(' ')];
const known =
  [undefined, 'torch', 'ort'].includes(values.against) &&
  ['f32', 'f16'].includes(values.precision) &&
  (values.config === undefined || values.config in CONFIGS) &&
  values.part.every((part) => part === 'forward' || part === 'train') &&
  values.net.every((name) => name in NETS);
if (values.help || bench === undefined || !known) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
const { json, text } = await bench();
process.stdout.write(`${values.json ? JSON.stringify(json, null, 2) : text}\n`);

async function openMeasured() {
  if (values.backend === 'onnx') return createOnnxBackend({ threads: Number(values.threads) });
  return openBackend(values.backend);
}

async function benchAutoencoder() {
  const results: RaceResult[] = [];
  const threads = Number(values.threads);
  for await (const race of autoencoderRaces({ open: openMeasured, against: values.against, threads })) {
    process.stderr.write(`${race.name}...\n`);
    results.push(await runRace(race, { warmup: Number(values.warmup), turns: Number(values.turns) }));
  }
  return {
    json: { cpu: cpus()[0].model, backend: values.backend, threads, results },
    text: `${cpus()[0].model}, ${values.threads} threads\n${results.map(formatResult).join('\n')}`,
  };
}

async function benchUnets(parts: readonly Part[]) {
  const { backend, against } = values;
  const [threads, turns, warmup] = [values.threads, values.turns, values.warmup].map(Number);
  const precision = values.precision as Precision;
  const batch = values.batch === undefined ? undefined : Number(values.batch);
  const how = { backend, against, threads, precision, batch, turns, warmup };
  const results: RaceResult[] = [];
  const nets = values.config === undefined ? (values.net as NetName[]) : CONFIGS[values.config];
  for (const net of nets) for (const part of parts) results.push(await measureUnet({ net, part, ...how }));
  await writeTrace(results);
  return {
    json: { cpu: cpus()[0].model, backend, threads, results },
    text: `${cpus()[0].model}, ${threads} threads\n${results.map(formatResult).join('\n')}`,
  };
}

async function benchKernels(name: string) {
  const backend = await openMeasured();
  const peer = values.against === 'ort' ? await createOnnxBackend({ provider: 'webgpu' }) : undefined;
  const results: (RaceResult & { gigaflops: number })[] = [];
  for (const race of await kernelRaces(name, { backend, peer, precision: values.precision as Precision })) {
    process.stderr.write(`${race.name}...\n`);
    const result = await runRace(race, { warmup: Number(values.warmup), turns: Number(values.turns) });
    results.push({ ...result, gigaflops: race.operations / result.ours / 1e9 });
  }
  await backend.dispose();
  await peer?.dispose();
  await writeTrace(results);
  const lines = results.map((result) => `${formatResult(result)}; ${result.gigaflops.toFixed(2)} GFLOP/s`);
  return {
    json: { cpu: cpus()[0].model, backend: backend.name, results },
    text: `${cpus()[0].model}, ${backend.name}\n${lines.join('\n')}`,
  };
}

async function benchScreen() {
  const [pairs, threads] = [values.pairs, values.threads].map(Number);
  const costs = await measureScreen({ pairs, threads });
  return { json: { cpu: cpus()[0].model, threads, ...costs }, text: formatScreen(costs) };
}

async function benchReplay() {
  const costs = await measureReplay(Number(values.events));
  return { json: { cpu: cpus()[0].model, ...costs }, text: formatReplay(costs) };
}

async function benchMemory() {
  const { formatMemory, measureMemory } = await import('./memory.ts');
  const results = await measureMemory(Number(values.threads));
  return {
    json: { threads: Number(values.threads), results },
    text: results.map(formatMemory).join('\n'),
  };
}

async function benchDatasets() {
  const { formatDatasets, measureDatasets } = await import('./datasets.ts');
  const reports = await measureDatasets(values.rows.map(Number));
  return { json: { cpu: cpus()[0].model, reports }, text: `${cpus()[0].model}\n${formatDatasets(reports)}` };
}

async function benchAnnotate() {
  // Imported late: it reads pictures, with a library that a measuring machine may lack.
  const { formatLoad, measureLoad } = await import('./annotate-load.ts');
  const [triplets, concurrency, latency, faults, timeout, size] = [
    values.triplets,
    values.concurrency,
    values.latency,
    values.faults,
    values.timeout,
    values.size,
  ].map(Number);
  const report = await measureLoad({ triplets, concurrency, latency, faults, timeout, size });
  return { json: { cpu: cpus()[0].model, ...report }, text: `${cpus()[0].model}\n${formatLoad(report)}` };
}

function formatResult({
  name,
  readySeconds,
  ours,
  oursPeakBytes,
  peer,
  peerPeakBytes,
  peerName,
  ratio,
  profile,
}: RaceResult): string {
  const ready = readySeconds === undefined ? '' : `ready after ${readySeconds.toFixed(1)} s, `;
  const line = `${name}: ${milliseconds(ours)} (${ready}process peak ${mebibytes(oursPeakBytes)})`;
  const raced =
    peer === undefined || peerPeakBytes === undefined || ratio === undefined
      ? line
      : `${line}; ${peerName}: ${milliseconds(peer)} (${mebibytes(peerPeakBytes)}); ratio ${ratio.toFixed(2)}`;
  if (!profile) return raced;
  return `${raced}\n  ${formatValues(profile.values)}\n${formatProfile(detailsOf(profile).table)}`;
}

/** Writes the profiles of all programs, one after another, for chrome://tracing. */
async function writeTrace(results: readonly RaceResult[]): Promise<void> {
  if (values.trace === undefined) return;
  const events = results.flatMap(({ name, profile }, i) =>
    profile
      ? [
          { name: 'process_name', ph: 'M', pid: i + 1, args: { name } },
          ...detailsOf(profile).trace.map((event) => ({ ...event, pid: i + 1 })),
        ]
      : [],
  );
  await writeFile(values.trace, JSON.stringify({ traceEvents: events }));
}

function detailsOf({ details }: GpuResult): { table: readonly ProfileRow[]; trace: readonly object[] } {
  return details as { table: readonly ProfileRow[]; trace: readonly object[] };
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
