import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDataset, writeScenes } from '@rewardedit/data';
import { readAnswers, rewardsPath } from '@rewardedit/annotate';
import type { ClientReport, ClientTask } from './annotate-client.ts';
import type { ServerReport, ServerTask } from './annotate-server.ts';
import { idealSeconds } from './ideal-client.ts';

export type LoadOptions = {
  readonly triplets: number;
  readonly concurrency: number;
  /** Milliseconds until the server replies. */
  readonly latency: number;
  /** Share of calls that fail. */
  readonly faults: number;
  /** Timeout of a call in seconds. */
  readonly timeout: number;
  /** Width and height of the pictures in pixels. */
  readonly size: number;
};

export type LoadReport = LoadOptions &
  ClientReport & {
    readonly server: ServerReport;
    /** Triplets with a reward, and triplets set aside with a reason; together all triplets. */
    readonly scored: number;
    readonly setAside: number;
    /** Share of the throughput that latency and concurrency allow if no call failed or was retried. */
    readonly ofPossible: number;
    /**
     * The same, given the faults: with every call made, each for as long as the server took or the timeout
     * lasted.
     */
    readonly ofPossibleWithFaults: number;
    /**
     * Seconds that an ideal client takes with the same replies: it never leaves a slot idle and never waits
     * before a retry.
     */
    readonly idealSeconds: number;
    readonly millisecondsOfProcessorPerCall: number;
  };

/**
 * Annotates a dataset through a local server in another process that has latency and fails: 429 with and
 * without Retry-After, 500, resets, calls that never return, JSON cut off in transport and by length, and
 * refusals, in equal shares.
 */
export async function measureLoad(options: LoadOptions): Promise<LoadReport> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-load-'));
  const server = start('annotate-server.js');
  try {
    process.stderr.write(`Drawing ${options.triplets} triplets...\n`);
    const data = join(folder, 'scenes');
    await writeScenes({ folder: data, count: options.triplets, size: options.size, seed: 0 });
    const task: ServerTask = { latency: options.latency, faults: options.faults };
    server.send(task);
    const { url } = await message<{ url: string }>(server);
    process.stderr.write('Annotating them...\n');
    const client = await annotateApart({
      dataset: data,
      url,
      concurrency: options.concurrency,
      timeout: options.timeout,
    });
    server.send('report');
    const report = await message<ServerReport>(server);
    return {
      ...options,
      ...client,
      server: report,
      ...(await outcome(data)),
      ...shares(options, client, report),
    };
  } finally {
    server.kill();
    await rm(folder, { recursive: true });
  }
}

async function annotateApart(task: ClientTask): Promise<ClientReport> {
  const client = start('annotate-client.js');
  client.send(task);
  return message<ClientReport>(client);
}

function shares(
  { triplets, concurrency, latency }: LoadOptions,
  { seconds, processorSeconds }: ClientReport,
  { calls, slotSeconds, tripletSeconds }: ServerReport,
) {
  return {
    idealSeconds: idealSeconds(tripletSeconds, concurrency),
    ofPossible: (triplets * latency) / 1000 / concurrency / seconds,
    ofPossibleWithFaults: slotSeconds / concurrency / seconds,
    millisecondsOfProcessorPerCall: (processorSeconds / calls) * 1000,
  };
}

/** Reads the journal, which has exactly one entry per triplet: a reward, or a reason why it was set aside. */
async function outcome(data: string): Promise<{ scored: number; setAside: number }> {
  const counts = { scored: 0, setAside: 0 };
  const dataset = await openDataset(data);
  for await (const answer of readAnswers(rewardsPath(dataset)))
    counts[answer.missing === undefined ? 'scored' : 'setAside'] += 1;
  return counts;
}

function start(script: string): ChildProcess {
  return fork(fileURLToPath(new URL(script, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function message<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${child.spawnargs.at(-1)} exited with ${String(code)} before it replied`);
  });
  const [value] = (await Promise.race([once(child, 'message'), ended])) as [T];
  ended.catch(() => undefined);
  return value;
}

export function formatLoad(report: LoadReport): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const memory = report.memory.map(({ done, bytes }) => `${done}: ${Math.round(bytes / 2 ** 20)} MiB`);
  const { calls, mostAtOnce, faults } = report.server;
  const ofIdeal = (share: number) => percent((share * report.seconds) / report.idealSeconds);
  return [
    `${report.triplets} triplets of ${report.size} pixels, ${report.concurrency} concurrent calls, ${report.latency} ms latency, ${report.timeout} s timeout, ${percent(report.faults)} of calls fail`,
    `time                ${report.seconds.toFixed(1)} s, ${(report.triplets / report.seconds).toFixed(0)} triplets/s`,
    `of the maximum      ${percent(report.ofPossibleWithFaults)} of the calls, ${percent(report.ofPossible)} counting triplets alone`,
    `of an ideal client  ${percent(report.idealSeconds / report.seconds)}: it takes ${report.idealSeconds.toFixed(1)} s, ${ofIdeal(report.ofPossibleWithFaults)} and ${ofIdeal(report.ofPossible)} of the maximum`,
    `processor           ${report.millisecondsOfProcessorPerCall.toFixed(2)} ms a call`,
    `memory after        ${memory.join(', ')}`,
    `calls               ${calls} (${Object.values(faults).reduce((a, b) => a + b, 0)} failed), at most ${mostAtOnce} at once`,
    `journal             ${report.scored} scored, ${report.setAside} set aside, of ${report.triplets}`,
  ].join('\n');
}
