import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { blankPicture, convert, createTarget, encodePng, type SourceRow } from '@rewardedit/data';

/** The cost of one command for a dataset of this many rows. */
export type DatasetReport = {
  readonly command: string;
  readonly rows: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakBytes: number;
};

const COMMAND = fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url));
const USAGE = new URL('report-usage.js', import.meta.url).href;

/** The number of different pictures, of a few bytes each, so that the cost measured is that of a row. */
const PICTURES = 512;

/** The commands, with the files and folders that they read and write. */
const COMMANDS: readonly (readonly string[])[] = [
  ['convert', 'rows.parquet', 'copy.parquet'],
  ['convert', 'rows.parquet', 'copy.tar'],
  ['convert', 'rows.parquet', 'copy.jsonl'],
  ['stats', 'rows.parquet'],
  ['filter', 'folder', '--where', 'following >= 2.5'],
  ['filter', 'folder', '--deduplicate', 'exact'],
  ['split', 'folder', '--test', '0.1'],
];

/** Runs the commands that go through every row on datasets of several sizes, each in a separate process. */
export async function measureDatasets(sizes: readonly number[]): Promise<DatasetReport[]> {
  const reports: DatasetReport[] = [];
  for (const rows of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'rewardedit-datasets-'));
    try {
      process.stderr.write(`Making ${rows} rows...\n`);
      await makeParquet(join(folder, 'rows.parquet'), rows);
      await makeFolder(join(folder, 'folder'), rows);
      for (const command of COMMANDS) {
        process.stderr.write(`data ${command.join(' ')}...\n`);
        reports.push(await measure(folder, command, rows));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  return reports;
}

function pictures(): Uint8Array[] {
  return Array.from({ length: PICTURES }, (_, i) =>
    encodePng(blankPicture(4, 4, [i % 256, Math.floor(i / 2), (i * 37) % 256])),
  );
}

async function makeParquet(path: string, rows: number): Promise<void> {
  const all = pictures();
  async function* triplets(): AsyncGenerator<SourceRow> {
    for (let i = 0; i < rows; i++) {
      const score = (i % 11) / 2;
      yield {
        record: {
          ...{ id: `row-${String(i).padStart(8, '0')}`, instruction: `make it ${i % 97} times warmer` },
          reward: { scores: { following: score, preserving: 4, quality: 5 - score }, feedback: {} },
        },
        extra: {},
        pictures: {
          original: async () => all[Math.floor(i / 3) % PICTURES],
          edited: async () => all[(i * 7 + 1) % PICTURES],
        },
        where: `row ${i}`,
      };
    }
  }
  const source = { format: 'made', rows: triplets, notes: () => [] };
  await convert({ source, sink: await createTarget(path, 'parquet', {}) });
}

/** Makes a dataset folder whose rows share pictures, so that a million rows need not be two million files. */
async function makeFolder(folder: string, rows: number): Promise<void> {
  await mkdir(folder);
  for (const [i, bytes] of pictures().entries()) await writeFile(join(folder, `${i}.png`), bytes);
  function* lines(): Generator<string> {
    for (let i = 0; i < rows; i++) {
      const score = (i % 11) / 2;
      const row = {
        ...{ id: `row-${String(i).padStart(8, '0')}`, instruction: `make it ${i % 97} times warmer` },
        original_file_name: `${Math.floor(i / 3) % PICTURES}.png`,
        edited_file_name: `${(i * 7 + 1) % PICTURES}.png`,
        reward: { scores: { following: score, preserving: 4, quality: 5 - score }, feedback: {} },
      };
      yield `${JSON.stringify(row)}\n`;
    }
  }
  await pipeline(lines, createWriteStream(join(folder, 'metadata.jsonl')));
}

async function measure(folder: string, command: readonly string[], rows: number): Promise<DatasetReport> {
  const usage = join(folder, 'usage.json');
  const begun = performance.now();
  const child = spawn(process.execPath, ['--import', USAGE, COMMAND, 'data', ...command], {
    cwd: folder,
    env: { ...process.env, REWARDEDIT_USAGE: usage },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let messages = '';
  child.stderr.on('data', (text) => (messages = `${messages}${String(text)}`.slice(-2000)));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`data ${command.join(' ')} exited with ${code}: ${messages}`);
  const seconds = (performance.now() - begun) / 1000;
  const taken = JSON.parse(await readFile(usage, 'utf8')) as Pick<
    DatasetReport,
    'peakBytes' | 'processorSeconds'
  >;
  return { command: `data ${command.join(' ')}`, rows, seconds, ...taken };
}

export function formatDatasets(reports: readonly DatasetReport[]): string {
  return reports
    .map(({ command, rows, seconds, processorSeconds, peakBytes }) =>
      [
        `${command}: ${rows} rows in ${seconds.toFixed(1)} s (${Math.round(rows / seconds)} a second, `,
        `${processorSeconds.toFixed(1)} s of processor time), at most ${Math.round(peakBytes / 2 ** 20)} MiB`,
      ].join(''),
    )
    .join('\n');
}
