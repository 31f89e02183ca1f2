import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NO_REQUESTS, RewardEditError, lockFile, type Emit, type EventBody } from '@rewardedit/core';
import { openDataset, type Dataset } from '@rewardedit/data';
import { UnrecoverableError, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { annotate } from '../run/annotate.ts';
import { hashInputs } from '../answers/inputs.ts';
import type { Judge } from '../judges/judge.ts';
import { annotateThroughQueue, type AnnotateThroughQueueOptions } from './annotate-through-queue.ts';
import { connectQueue } from './connect-queue.ts';
import { createPaidJudge, startPaidService, type PaidService } from './paid-judge.test.helper.ts';
import { parseQueueAddress, type QueueAddress } from './queue-address.ts';
import { createQueueJudge } from './queue-judge.ts';
import { listRuns, openQueue, runRecord, type RunSettings } from './queue-run.ts';
import { SERVER, startServer, type TestServer } from './redis-server.test.helper.ts';
import { runWorker, type WorkerOptions } from './run-worker.ts';
import type { CreateJudge } from './serve-run.ts';

const HOSTILE_IDS = ['__proto__', 'a:b:c', 'again-1', '12345', '../x', 'größer 👍', '\u001b[2J\u202e'];
const PAID = { name: 'paid', version: '1' };
/** Collects the reported waits. */
const waitsOf =
  (told: EventBody[]): Emit =>
  (event) =>
    void (event.type.startsWith('waiting') && told.push(event));

let folder: string;
let server: TestServer;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-queue-'));
  // Each test has its own database.
  if (SERVER !== undefined) server = await startServer('--databases', '64');
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true });
});

/** What a test works with: an empty queue, its own dataset, and a paid service. */
type Setting = {
  readonly address: QueueAddress;
  readonly dataset: Dataset;
  readonly service: PaidService;
  readonly settings: RunSettings;
  coordinate(options?: Partial<AnnotateThroughQueueOptions>): ReturnType<typeof annotateThroughQueue>;
  work(options?: Partial<WorkerOptions>): { stop: AbortController; ended: ReturnType<typeof runWorker> };
  journal(): Promise<string>;
  /** The journal of a run without a queue. */
  expected(judge?: Judge): Promise<string>;
  /** The keys left on the server. */
  keys(): Promise<string[]>;
};

async function prepare(
  instructions: readonly string[] | Readonly<Record<string, string>>,
  { delay = 0, url = `${server.url.replace(/\/0$/, '')}/${(databases += 1)}` } = {},
): Promise<Setting> {
  const own = await mkdtemp(join(folder, 'run-'));
  const named: readonly (readonly [string, string])[] = Array.isArray(instructions)
    ? instructions.map((instruction: string, n) => [`t${n}`, instruction] as const)
    : Object.entries(instructions);
  const rows = named.map(([id, instruction]) =>
    JSON.stringify({ id, instruction, original_file_name: 'a.png', edited_file_name: 'b.png' }),
  );
  await writeFile(join(own, 'metadata.jsonl'), rows.map((row) => `${row}\n`).join(''));
  const dataset = await openDataset(own);
  const replies = join(own, 'replies');
  const service = await startPaidService(replies, delay);
  const settings = { url: service.url, replies };
  const address = parseQueueAddress(url);
  const read = (path: string) => readFile(path, 'utf8');
  return {
    ...{ address, dataset, service, settings },
    coordinate: (options = {}) =>
      annotateThroughQueue({ address, dataset, judge: PAID, settings, ...options }),
    work(options = {}) {
      const stop = new AbortController();
      const common = {
        address,
        createJudge: createPaidJudge,
        dataRoot: folder,
        lockMilliseconds: 1000,
        concurrency: 8,
      };
      const ended = runWorker({ ...common, signal: stop.signal, ...options });
      // It may fail before the test looks.
      ended.catch(() => undefined);
      return { stop, ended };
    },
    journal: () => read(join(own, 'rewards.jsonl')),
    async expected(judge) {
      const journal = join(own, 'expected', 'rewards.jsonl');
      await mkdir(dirname(journal), { recursive: true });
      const free = await startPaidService(join(own, 'expected', 'replies'), 0);
      const made = await createPaidJudge({ url: free.url, replies: join(own, 'expected', 'replies') });
      await annotate({ dataset, journal, judge: judge ?? made.judge });
      free.close();
      return read(journal);
    },
    async keys() {
      const { redis, close } = await connectQueue({ address });
      const keys = await redis.keys('*');
      close();
      // A worker checking for dead ones may have written these after all were removed; they contain nothing of the run.
      return keys.filter((key) => !/:(?:meta|stalled-check)$/.test(key));
    },
  };
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `make it ${n}`);

/** Requests of a run that is paused from the beginning. */
function pausing() {
  let goOn = () => undefined as void;
  let isPaused = true;
  const over = new Promise<void>((resolve) => {
    goOn = () => {
      isPaused = false;
      resolve();
    };
  });
  return { isPaused: () => isPaused, whilePaused: () => over, goOn: () => goOn() };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

describe.skipIf(SERVER === undefined).concurrent('annotating through a queue', () => {
  it('ends with the journal and events of a run without one, and leaves nothing on the server', async () => {
    const hostile = Object.fromEntries(HOSTILE_IDS.map((id) => [id, `<b>${id}</b>`]));
    const rest = Object.fromEntries(numbered(400).map((instruction, n) => [`t${n}`, instruction]));
    // A literal would set the prototype.
    const all = Object.defineProperty({ ...hostile, ...rest }, '__proto__', { value: 'x', enumerable: true });
    const setting = await prepare(all);
    const events: EventBody[] = [];
    const { ended, stop } = setting.work();
    const summary = await setting.coordinate({ emit: (event) => void events.push(event) });
    stop.abort();
    expect(await ended).toEqual({ judged: summary.judged, quarantined: summary.quarantined });
    expect(summary.judged + summary.quarantined).toBe(400 + HOSTILE_IDS.length);
    expect(summary.quarantined).toBeGreaterThan(10);
    expect(await setting.journal()).toBe(await setting.expected());
    expect(await setting.keys()).toEqual([]);
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe('progress');
    expect(types.filter((type) => type === 'judged')).toHaveLength(summary.judged);
    expect(types.filter((type) => type === 'quarantined')).toHaveLength(summary.quarantined);
    expect(setting.service.calls.length).toBe(400 + HOSTILE_IDS.length);
  });

  it('reports that there is no worker, and waits for one', async () => {
    const setting = await prepare(numbered(3));
    const told: EventBody[] = [];
    const run = setting.coordinate({ emit: waitsOf(told) });
    await until(() => told.length > 0);
    const { shown } = setting.address;
    const command = `rewardedit worker --queue ${shown} --data ${setting.dataset.folder}`;
    const why = `none has taken a job yet; start one with: ${command}`;
    expect(told).toEqual([{ type: 'waiting', what: 'workers', why }]);
    const events: EventBody[] = [];
    const { stop, ended } = setting.work({ emit: (event) => void events.push(event) });
    expect(await run).toMatchObject({ judged: 3 });
    stop.abort();
    await ended;
    expect(told.slice(1).every(({ type }) => type === 'waiting-over')).toBe(true);
    const judged = events.flatMap((event) => (event.type === 'judged' ? [[event.id, event.done]] : []));
    expect(new Set(judged.map(([id]) => id))).toEqual(new Set(['t0', 't1', 't2']));
    expect(judged.map(([, done]) => done)).toEqual([1, 2, 3]);
  });

  it('leaves jobs in the queue while it is paused; a paused worker leaves them to others', async () => {
    const setting = await prepare(numbered(40), { delay: 20 });
    const [held, run] = [pausing(), pausing()];
    const idle = setting.work({ requests: held });
    const { stop, ended } = setting.work({ concurrency: 2 });
    const done = setting.coordinate({ requests: { ...NO_REQUESTS, ...run } });
    await sleep(600);
    const begun = setting.service.calls.length;
    await sleep(200);
    expect(setting.service.calls.length).toBe(begun);
    expect(begun).toBeLessThan(40);
    run.goOn();
    await done;
    expect(await setting.journal()).toBe(await setting.expected());
    stop.abort();
    idle.stop.abort();
    held.goOn();
    const { judged, quarantined } = await ended;
    expect(judged + quarantined).toBe(40);
    expect(await idle.ended).toEqual({ judged: 0, quarantined: 0 });
  });

  it('asks no worker for anything while another process has the journal', async () => {
    const setting = await prepare(numbered(3));
    const unlock = await lockFile(join(setting.dataset.folder, 'rewards.jsonl'));
    await expect(setting.coordinate()).rejects.toMatchObject({ code: 'failed' });
    expect(await setting.keys()).toEqual([]);
    await unlock();
  });

  it('stops even while the server is away, and so does a worker', async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      const own = await startServer();
      const setting = await prepare(numbered(30), { url: own.url, delay: 100 });
      const stop = new AbortController();
      const run = setting.coordinate({ signal: stop.signal }).catch((error: unknown) => error);
      const worker = setting.work({ concurrency: 2 });
      await until(() => setting.service.calls.length > 2);
      await own.kill();
      // During the first attempts to reconnect.
      await sleep(turn * 40);
      stop.abort();
      worker.stop.abort();
      expect(await run).toMatchObject({ code: 'interrupted' });
      await worker.ended;
      await own.remove();
    }
  });

  it('serves two runs at once with one worker', async () => {
    const first = await prepare(numbered(40), { delay: 5 });
    const second = await prepare(numbered(50), { delay: 5, url: first.address.shown });
    const { stop, ended } = first.work();
    await Promise.all([first.coordinate(), second.coordinate()]);
    stop.abort();
    const { judged, quarantined } = await ended;
    expect(judged + quarantined).toBe(90);
    for (const setting of [first, second]) expect(await setting.journal()).toBe(await setting.expected());
  });

  it('lets workers finish when it is stopped, and continues with their answers', async () => {
    const setting = await prepare(numbered(60), { delay: 50 });
    const { ended } = setting.work({ untilEmpty: true, concurrency: 4 });
    const stop = new AbortController();
    let told = 0;
    const run = setting.coordinate({
      signal: stop.signal,
      emit({ type }) {
        if (type === 'judged') told += 1;
        if (told === 10) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    // The worker ends by itself after what it had begun, because the run is gone.
    await ended;
    const called = setting.service.calls.length;
    expect(called).toBeLessThan(60);
    expect(called).toBeGreaterThan((await setting.journal()).trimEnd().split('\n').length);
    const again = setting.work();
    const { answeredBefore } = await setting.coordinate();
    expect(answeredBefore).toBeGreaterThanOrEqual(10);
    again.stop.abort();
    await again.ended;
    expect(await setting.journal()).toBe(await setting.expected());
    expect(setting.service.calls.length).toBe(60);
    expect(await setting.keys()).toEqual([]);
  });

  /** The judge of the tests; with `code`, the instruction "no key" makes it throw an error with that code. */
  const throwing =
    (code: 'authentication' | 'exhausted' | undefined): CreateJudge =>
    async (settings) => {
      const { judge, ...made } = await createPaidJudge(settings);
      return {
        ...made,
        judge: {
          ...judge,
          async judge(triplet, context) {
            const isTrap = triplet.triplet.instruction === 'no key';
            if (isTrap && code !== undefined)
              throw new RewardEditError(code, 'it is over', { hint: 'mend it' });
            const harmless = { ...triplet.triplet, ...(isTrap && { instruction: 'mended' }) };
            return judge.judge({ ...triplet, triplet: harmless }, context);
          },
        },
      };
    };

  it('ends with the error that a worker meets, as the worker does, and continues once it is fixed', async () => {
    const instructions = [...numbered(20), 'no key', ...numbered(20)];
    const setting = await prepare(instructions);
    const worker = setting.work({ createJudge: throwing('exhausted') });
    const run = setting.coordinate();
    const error = { code: 'exhausted', hint: 'mend it' };
    await expect(run).rejects.toMatchObject({ ...error, message: 'a worker ended the run: it is over' });
    await expect(worker.ended).rejects.toMatchObject(error);
    const second = setting.work({ createJudge: throwing(undefined) });
    expect(await setting.coordinate()).toMatchObject({ answeredBefore: expect.any(Number) });
    second.stop.abort();
    await second.ended;
    expect((await setting.journal()).trimEnd().split('\n')).toHaveLength(instructions.length);
    expect(setting.service.paidTwice).toEqual([]);
  });

  it('continues without a worker whose key is refused, which ends and says so', async () => {
    const instructions = [...numbered(20), 'no key', ...numbered(20)];
    const setting = await prepare(instructions);
    const messages: string[] = [];
    const run = setting.coordinate({
      emit(event) {
        if (event.type === 'warning') messages.push(event.message);
      },
    });
    const refused = setting.work({ createJudge: throwing('authentication') });
    await expect(refused.ended).rejects.toMatchObject({ code: 'authentication' });
    const note = /^A worker on .* has ended: it is over$/;
    await until(() => messages.some((message) => note.test(message)));
    const other = setting.work({ createJudge: throwing(undefined) });
    expect(await run).toMatchObject({ answeredBefore: 0 });
    other.stop.abort();
    await other.ended;
    expect((await setting.journal()).trimEnd().split('\n')).toHaveLength(instructions.length);
    expect(setting.service.paidTwice).toEqual([]);
    expect(await setting.keys()).toEqual([]);
  });

  it('rejects a worker with another judge, and says so on both sides', async () => {
    const setting = await prepare(numbered(5));
    const messages: string[] = [];
    const run = setting.coordinate({
      emit: (event) => void (event.type === 'warning' && messages.push(event.message)),
    });
    const newer: CreateJudge = (settings) => createPaidJudge({ ...settings, version: '2' });
    const other = setting.work({ createJudge: newer });
    const message = 'the run is judged by paid 1, but this worker has paid 2';
    await expect(other.ended).rejects.toMatchObject({ code: 'bad-input', message });
    await until(() => messages.some((text) => text.includes(message)));
    expect(setting.service.calls).toEqual([]);
    const { stop, ended } = setting.work();
    expect(await run).toMatchObject({ judged: expect.any(Number) });
    stop.abort();
    await ended;
  });

  it('rejects a worker that does not find the dataset', async () => {
    const setting = await prepare(numbered(2));
    const stop = new AbortController();
    const run = setting.coordinate({ signal: stop.signal });
    const { redis, close } = await connectQueue({ address: setting.address });
    await until(async () => (await listRuns(redis)).size > 0);
    close();
    await rm(setting.dataset.metadata);
    await expect(setting.work().ended).rejects.toMatchObject({ code: 'bad-input' });
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('rejects an invalid reward', async () => {
    const setting = await prepare(['wrong reward']);
    const { stop, ended } = setting.work();
    await expect(setting.coordinate()).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/a worker returned an invalid answer: judgement/),
    });
    stop.abort();
    await ended;
  });

  it('sets aside triplets whose answer no worker can hand over', async () => {
    const setting = await prepare(numbered(2));
    const run = setting.coordinate();
    const { redis, close } = await connectQueue({ address: setting.address });
    await until(async () => (await listRuns(redis)).size > 0);
    const [id] = (await listRuns(redis)).keys();
    const broken = new Worker(id, () => Promise.reject(new UnrecoverableError('too large')), {
      prefix: 'rewardedit',
      connection: redis,
    });
    expect(await run).toEqual({ judged: 0, quarantined: 2, answeredBefore: 0 });
    await broken.close();
    close();
    expect(await setting.journal()).toContain('"missing":"no worker could hand over an answer: too large"');
  });

  it('asks again about set-aside triplets, says so to the judge, and keeps measures', async () => {
    const seen: (readonly [id: string, again: boolean | undefined])[] = [];
    const createJudge: CreateJudge = async () => ({
      measure: async ({ triplet }) => ({ length: triplet.instruction.length }),
      judge: {
        ...PAID,
        judge: async ({ triplet: { id } }, { again }) => {
          seen.push([id, again]);
          return id === 't1' && again !== true
            ? { missing: 'not now' }
            : { reward: { scores: { quality: 2 }, feedback: {} } };
        },
      },
    });
    const setting = await prepare(numbered(3));
    const { stop, ended } = setting.work({ createJudge });
    expect(await setting.coordinate()).toEqual({ judged: 2, quarantined: 1, answeredBefore: 0 });
    expect(await setting.coordinate()).toEqual({ judged: 0, quarantined: 0, answeredBefore: 3 });
    expect(await setting.coordinate({ retryQuarantined: true })).toEqual({
      judged: 1,
      quarantined: 0,
      answeredBefore: 2,
    });
    stop.abort();
    await ended;
    expect(seen.toSorted(([a, first], [b]) => a.localeCompare(b) || Number(first) * 2 - 1)).toEqual([
      ['t0', false],
      ['t1', false],
      ['t1', true],
      ['t2', false],
    ]);
    expect(JSON.parse((await setting.journal()).split('\n')[1])).toMatchObject({
      id: 't1',
      measures: { length: 'make it 1'.length },
    });
  });

  it('reports what the run has spent whenever that changes', async () => {
    const setting = await prepare(numbered(60), { delay: 5 });
    const { stop, ended } = setting.work({ concurrency: 2 });
    const told: EventBody[] = [];
    const spent = async () => {
      const calls = setting.service.calls.length;
      return { calls, tokens: 0, dollars: calls * 0.25 };
    };
    await setting.coordinate({ spent, emit: (event) => void told.push(event) });
    stop.abort();
    await ended;
    const spending = told.filter(({ type }) => type === 'spending');
    expect(new Set(spending.map((event) => JSON.stringify(event))).size).toBe(spending.length);
    expect(spending.at(-1)).toEqual({ type: 'spending', calls: 60, dollars: 15 });
  });

  it('enqueues a triplet once even if it is asked about twice, and at most a few thousand at a time', async () => {
    const setting = await prepare(numbered(9000));
    const connection = await connectQueue({ address: setting.address });
    const { redis } = connection;
    const { metadata, folder } = setting.dataset;
    const journal = join(folder, 'rewards.jsonl');
    const record = runRecord({ metadata, journal, judge: PAID, settings: setting.settings });
    const queue = openQueue(redis, record.id);
    const count = () => queue.count();
    const stop = new AbortController();
    const run = setting.coordinate({ signal: stop.signal }).catch((error: unknown) => error);
    await until(async () => (await count()) >= 4096);
    const second = createQueueJudge({ connection, record, shown: '', needs: {}, emit: () => undefined });
    const asked: Promise<unknown>[] = [];
    for await (const triplet of setting.dataset.triplets()) {
      if (asked.length === 500) break;
      const never = new AbortController().signal;
      const file = () => Promise.reject(new Error('not needed'));
      const judged = {
        ...{ triplet, path: () => '', readFile: file },
        ...{ original: file, edited: file, truth: file },
      };
      const inputs = await hashInputs(setting.dataset, triplet, {});
      asked.push(second.judge(judged, { signal: never, cancel: never, inputs }));
    }
    await sleep(300);
    expect(await count()).toBe(4096);
    const closing = second.close();
    const { stop: stopWorker, ended } = setting.work({ concurrency: 64 });
    let most = 0;
    await until(async () => {
      const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'completed');
      most = Math.max(
        most,
        Object.values(counts).reduce((sum, each) => sum + each, 0),
      );
      return setting.service.calls.length > 1000;
    });
    // Plus the few whose answers are held back until another one shows that the judge works.
    expect(most).toBeLessThanOrEqual(4096 + 20);
    stop.abort();
    expect(await run).toMatchObject({ code: 'interrupted' });
    stopWorker.abort();
    await ended;
    connection.close();
    await closing;
  });

  it('erases what an earlier run of the same journal with other settings left', async () => {
    const setting = await prepare(numbered(30));
    const stop = new AbortController();
    const run = setting.coordinate({ signal: stop.signal, settings: { ...setting.settings, other: true } });
    const outcome = run.catch((error: unknown) => error);
    await until(async () => (await setting.keys()).length > 20);
    // The state after a kill: announced, with waiting jobs.
    const { redis, close } = await connectQueue({ address: setting.address });
    const [earlier] = (await listRuns(redis)).values();
    const dump = await redis.hgetall('rewardedit:runs');
    stop.abort();
    await outcome;
    await redis.hset('rewardedit:runs', dump);
    await openQueue(redis, earlier.id).add('judge', {}, { jobId: 'first-old' });
    const second = setting.coordinate();
    await until(async () => !(await listRuns(redis)).has(earlier.id));
    const { stop: stopWorker, ended } = setting.work();
    await second;
    stopWorker.abort();
    await ended;
    close();
    expect(await setting.keys()).toEqual([]);
    expect(await setting.journal()).toBe(await setting.expected());
  });

  it('ends a worker that is to end when nothing is left, even if there never was anything', async () => {
    const setting = await prepare([]);
    const { ended } = setting.work({ untilEmpty: true, idleMilliseconds: 50 });
    expect(await ended).toEqual({ judged: 0, quarantined: 0 });
  });

  it('says if there is no server', async () => {
    const setting = await prepare([], { url: 'redis://127.0.0.1:1/0' });
    const failed = {
      code: 'failed',
      where: 'redis://127.0.0.1:1/0',
      hint: expect.stringContaining('address'),
    };
    await expect(setting.coordinate()).rejects.toMatchObject(failed);
    await expect(setting.work().ended).rejects.toMatchObject(failed);
    const noDatabase = await prepare([], { url: `${server.url.replace(/\/0$/, '')}/99` });
    await expect(noDatabase.coordinate()).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('DB index'),
    });
  });

  it('says if the server wants another password', async () => {
    const locked = await startServer('--requirepass', 's3cret');
    try {
      for (const url of [locked.url, locked.url.replace('//', '//:wrong@')]) {
        const setting = await prepare([], { url });
        await expect(setting.coordinate()).rejects.toMatchObject({
          code: 'authentication',
          where: locked.url,
        });
      }
      const setting = await prepare(numbered(4), { url: locked.url.replace('//', '//:s3cret@') });
      const { stop, ended } = setting.work();
      expect(await setting.coordinate()).toMatchObject({ answeredBefore: 0 });
      stop.abort();
      await ended;
    } finally {
      await locked.remove();
    }
  });

  it.each([
    ['and kept its data', ['--appendonly', 'yes', '--appendfsync', 'always']],
    ['and lost its data', []],
  ])('continues after the server was restarted %s', async (_, options) => {
    const own = await startServer(...options);
    try {
      const setting = await prepare(numbered(300), { url: own.url, delay: 20 });
      const waits: EventBody[] = [];
      const worker = setting.work();
      let kill: Promise<void> | undefined;
      let told = 0;
      const run = setting.coordinate({
        emit(event) {
          waitsOf(waits)(event);
          if (event.type === 'judged') told += 1;
          if (told === 60) kill ??= own.kill();
        },
      });
      await until(() => kill !== undefined);
      await kill;
      await sleep(300);
      await own.start();
      expect(await run).toMatchObject({ answeredBefore: 0 });
      worker.stop.abort();
      await worker.ended;
      const why = `the connection to ${setting.address.shown} is lost`;
      expect(waits).toContainEqual({ type: 'waiting', what: 'the queue', why });
      expect(waits).toContainEqual({ type: 'waiting-over', what: 'the queue' });
      expect(await setting.journal()).toBe(await setting.expected());
      expect(setting.service.paidTwice).toEqual([]);
    } finally {
      await own.remove();
    }
  });
});
