import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@rewardedit/core';
import { FAULTS, startJudgeServer, type Fault, type Question } from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawScenes, judgeWords, storedReplies } from './judged-scenes.test.helper.ts';
import { runCli, startCli } from './run-cli.test.helper.ts';

/** A reply that tells which question it answers, so that the store tells which questions have an answer. */
const reply = ({ topic }: Question) => {
  const judged = (at: number) => ({
    failures: topic.slice(at, at + 8),
    score: Number.parseInt(topic[at], 16),
  });
  return JSON.stringify({ changes: topic, following: judged(0), preserving: judged(1), quality: judged(2) });
};
/** The questions that have an answer; a refusal, or a reply that was cut off, is none. */
const answeredIn = (texts: readonly string[]) =>
  new Set(texts.flatMap((text) => /^\{"changes":"(\w{64})",.*\}\}$/.exec(text)?.[1] ?? []));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-judge-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Plan = {
  readonly triplets: number;
  readonly kills: number;
  readonly latency: number;
  /** Calls of a run after which it is killed, at most. */
  readonly callsPerRun: number;
  /** What goes wrong when a question of which some are is asked for the first time. */
  readonly faults: readonly Fault[];
  /** Words in front of the command, for one run after the other; where there are several, what has begun keeps the next one out. */
  readonly places?: readonly (readonly string[])[];
};

/** Kills a run at random moments, goes on with the same command each time, and compares what comes out with a run that was left alone. */
async function killAndCompare({ triplets, kills, latency, callsPerRun, faults, places = [[]] }: Plan) {
  const random = createRandom(11, 'kills');
  const scenes = await drawScenes(folder, triplets);
  const asked = new Map<string, number>();
  const server = await startJudgeServer({
    latency,
    reply,
    fault(_, { topic }) {
      const times = (asked.get(topic) ?? 0) + 1;
      asked.set(topic, times);
      const number = Number.parseInt(topic.slice(0, 8), 16);
      return times === 1 && number % 5 === 0 ? faults[(number / 5) % faults.length] : undefined;
    },
  });
  const wordsFor = (name: string) =>
    judgeWords(
      scenes,
      server.url,
      '--rewards',
      join(folder, name, 'rewards.jsonl'),
      '--concurrency',
      '8',
      '--timeout',
      '2',
    );
  const replies = join(folder, 'killed', 'replies');
  let [killed, paidTwice, keptOut] = [0, 0, 0];
  /** What was answered when the run that is under way began. */
  let answered: ReadonlySet<string> = new Set();
  let seen = 0;
  const check = async () => {
    for (const { topic } of server.calls.slice(seen)) paidTwice += Number(answered.has(topic));
    seen = server.calls.length;
    answered = answeredIn(await storedReplies(replies));
  };
  while (killed < kills) {
    const [before, elsewhere] = [places[killed % places.length], places[(killed + 1) % places.length]];
    const { child, finished } = startCli(wordsFor('killed'), { before });
    const enough = seen + random.integer(callsPerRun);
    while (server.calls.length < enough && child.exitCode === null) await sleep(2);
    await sleep(random.integer(latency * 2));
    if (killed % 5 === 4 && before !== elsewhere) {
      const { exitCode, stderr } = await runCli(wordsFor('killed'), { before: elsewhere });
      keptOut += Number(exitCode === 1 && stderr.includes('is running here'));
    }
    if (!child.kill('SIGKILL')) break;
    await finished;
    killed += 1;
    await check();
  }
  const { exitCode } = await runCli(wordsFor('killed'));
  await check();
  const calls = server.calls.length;
  // A server that has been asked everything once meets the other run without a fault.
  await runCli(wordsFor('straight'));
  // The run that met faults had more replies, so that its answers took more.
  const [journal, expected] = await Promise.all(
    ['killed', 'straight'].map(async (name) =>
      (await readFile(join(folder, name, 'rewards.jsonl'), 'utf8')).replaceAll(/,"spent":\{[^{}]*\}/g, ''),
    ),
  );
  await server.close();
  await Promise.all(
    ['killed', 'straight', 'scenes'].map((name) => rm(join(folder, name), { recursive: true })),
  );
  return { exitCode, killed, keptOut, calls, stored: answered.size, paidTwice, equal: journal === expected };
}

test('killed at random moments, a run pays for nothing twice and ends with the journal of one that was left alone', async () => {
  const plan: Plan = {
    triplets: 200,
    kills: 8,
    latency: 40,
    callsPerRun: 10,
    faults: ['reset', 'broken-json', 'refusal'],
  };
  expect(await killAndCompare(plan)).toEqual({
    exitCode: 0,
    killed: 8,
    keptOut: 0,
    calls: expect.any(Number),
    stored: 200,
    paidTwice: 0,
    equal: true,
  });
});

const long = process.env['REWARDEDIT_LONG'] === '1';

test.runIf(long)(
  'the same with 100 kills and every fault',
  async () => {
    const outcome = await killAndCompare({
      triplets: 1500,
      kills: 100,
      latency: 60,
      callsPerRun: 25,
      faults: FAULTS,
    });
    process.stderr.write(`${JSON.stringify(outcome)}\n`);
    expect(outcome).toMatchObject({ exitCode: 0, killed: 100, stored: 1500, paidTwice: 0, equal: true });
  },
  30 * 60_000,
);

/** A container of its own for each run, with a PID namespace and a name of its host, and with the folder of all. */
const container = (host: string) => [
  ...['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts'],
  ...['sh', '-c', 'hostname "$0" && exec "$@"', host],
];
const canUnshare =
  process.getuid?.() === 0 && spawnSync('unshare', [...container('try').slice(1), 'true']).status === 0;
if (long && !canUnshare)
  process.stderr.write('SKIPPED: kills across PID namespaces, which need root and unshare(1).\n');

test.runIf(long && canUnshare)(
  'the same in containers on two hosts that share the folder, of which a second one is kept out',
  async () => {
    const outcome = await killAndCompare({
      triplets: 1500,
      kills: 30,
      latency: 300,
      callsPerRun: 30,
      faults: FAULTS,
      places: [container('one'), container('two')],
    });
    process.stderr.write(`${JSON.stringify(outcome)}\n`);
    expect(outcome).toMatchObject({
      exitCode: 0,
      killed: 30,
      keptOut: 6,
      stored: 1500,
      paidTwice: 0,
      equal: true,
    });
  },
  30 * 60_000,
);
