import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { runRace, type RaceResult } from './race.ts';
import { trainStepRaces } from './train-step.ts';

const USAGE = `npm run bench -- train-step [--against torch] [--threads N] [--turns N] [--json]

  --against torch   the same networks in PyTorch, taking turns; needs a python3 that has torch (PYTHON names another)
  --threads N       threads of both; as many as there are cores by default
  --turns N         turns that count, after 3 that do not; 15 by default`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    against: { type: 'string' },
    threads: { type: 'string', default: String(availableParallelism()) },
    turns: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const known = values.against === undefined || values.against === 'torch';
if (values.help || positionals.join(' ') !== 'train-step' || !known) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}

const results: RaceResult[] = [];
for (const race of await trainStepRaces(values.against, Number(values.threads))) {
  process.stderr.write(`${race.name}...\n`);
  results.push(await runRace(race, { warmup: 3, turns: Number(values.turns) }));
}
if (values.json)
  process.stdout.write(
    `${JSON.stringify({ cpu: cpus()[0].model, threads: Number(values.threads), results }, null, 2)}\n`,
  );
else
  process.stdout.write(
    `${cpus()[0].model}, ${values.threads} threads\n${results.map(formatResult).join('\n')}\n`,
  );

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
