import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { formatLoad, measureLoad } from './annotate-load.ts';
import { formatEvents, measureEvents } from './events.ts';
import { formatMemory, measureMemory } from './memory.ts';
import { runRace, type RaceResult } from './race.ts';
import { trainStepRaces } from './train-step.ts';

const USAGE = `npm run bench -- train-step [--against torch] [--threads N] [--turns N] [--json]
npm run bench -- annotate [--triplets N] [--concurrency N] [--latency MS] [--faults SHARE] [--timeout S] [--size PIXELS] [--json]
npm run bench -- events [--events N] [--json]
npm run bench -- memory [--threads N] [--json]

  --against torch   the same networks in PyTorch, taking turns; needs a python3 that has torch (PYTHON names another)
  --threads N       threads of both; as many as there are cores by default
  --turns N         turns that count, after 3 that do not; 15 by default

  --triplets N      how many are annotated through a local server that fails; 20000 by default
  --concurrency N   calls at once, at most; 256 by default
  --latency MS      what the server takes for a reply; 800 by default
  --faults SHARE    calls that go wrong; 0.05 by default
  --timeout S       what a reply is waited for; 4 by default, since an eighth of the faults are calls that never come back
  --size PIXELS     of the pictures; 64 by default

  --events N        training steps that are told of, then replayed; 100000 by default`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    turns: { type: 'string', default: '15' },
    triplets: { type: 'string', default: '20000' },
    concurrency: { type: 'string', default: '256' },
    latency: { type: 'string', default: '800' },
    faults: { type: 'string', default: '0.05' },
    timeout: { type: 'string', default: '4' },
    size: { type: 'string', default: '64' },
    events: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const BENCHES: Readonly<Record<string, () => Promise<{ json: object; text: string }>>> = {
  'train-step': benchTrainStep,
  annotate: benchAnnotate,
  events: benchEvents,
  memory: benchMemory,
};

const bench = BENCHES[positionals.join(' ')];
const known = values.against === undefined || values.against === 'torch';
if (values.help || bench === undefined || !known) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
const { json, text } = await bench();
process.stdout.write(`${values.json ? JSON.stringify(json, null, 2) : text}\n`);

async function benchTrainStep() {
  const results: RaceResult[] = [];
  for (const race of await trainStepRaces(values.against, Number(values.threads))) {
    process.stderr.write(`${race.name}...\n`);
    results.push(await runRace(race, { warmup: 3, turns: Number(values.turns) }));
  }
  return {
    json: { cpu: cpus()[0].model, threads: Number(values.threads), results },
    text: `${cpus()[0].model}, ${values.threads} threads\n${results.map(formatResult).join('\n')}`,
  };
}

async function benchMemory() {
  const results = await measureMemory(Number(values.threads));
  return {
    json: { threads: Number(values.threads), results },
    text: results.map(formatMemory).join('\n'),
  };
}

async function benchAnnotate() {
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

async function benchEvents() {
  const costs = await measureEvents(Number(values.events));
  return { json: { cpu: cpus()[0].model, ...costs }, text: `${cpus()[0].model}\n${formatEvents(costs)}` };
}

function formatResult({
  name,
  ours,
  oursPeakBytes,
  peer,
  peerPeakBytes,
  peerName,
  ratio,
}: RaceResult): string {
  const line = `${name}: ${milliseconds(ours)} (process peak ${mebibytes(oursPeakBytes)})`;
  if (peer === undefined || peerPeakBytes === undefined || ratio === undefined) return line;
  return `${line}; ${peerName}: ${milliseconds(peer)} (${mebibytes(peerPeakBytes)}); ratio ${ratio.toFixed(2)}`;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
