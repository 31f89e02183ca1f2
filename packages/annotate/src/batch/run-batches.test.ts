import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emit, EventBody } from '@rewardedit/core';
import { writeScenes } from '@rewardedit/data';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  batchEndpoints,
  startJudgeServer,
  type BatchEndpoints,
  type BatchEndpointsOptions,
  type JudgeServer,
  type JudgeServerOptions,
} from '../testing/index.ts';
import {
  annotateByBatches,
  annotateDirectly,
  type Task,
  type TaskHooks,
} from './batch-process.test.helper.ts';
import { plus } from '../language-model/spending/amount.ts';
import { openLedger } from '../language-model/spending/ledger.ts';
import { createSpendingTracker } from '../language-model/spending/spending-tracker.ts';
import { assertNothingUnderWay } from './under-way.ts';
import { createJudge } from '../judges/create-judge.ts';
import { createAccess } from '../language-model/access/access.ts';

const COUNT = 12;
const MANY = { bytes: 1e7, tokens: 1e9 };

let folder: string;
let dataset: string;
let models: string;
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-batches-'));
  dataset = join(folder, 'scenes');
  await writeScenes({ folder: dataset, count: COUNT, size: 16, seed: 5 });
  models = join(folder, 'models.json');
  const prices = { input: 1, output: 4 };
  const table = { models: [{ model: 'm', vision: true, prices, batchDiscount: 0.5 }] };
  await writeFile(models, JSON.stringify(table));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  runs += 1;
});

type Setting = {
  readonly server: JudgeServer;
  readonly batches: BatchEndpoints;
  /** Runs once, as on another day. */
  run(task?: Partial<Task>, hooks?: TaskHooks): ReturnType<typeof annotateByBatches>;
  /** Reads the journal of answers and the list of set-aside triplets. */
  read(): Promise<readonly string[]>;
  /** Reads those of a run without batches. */
  readDirect(): Promise<readonly string[]>;
};

async function setUp(
  task: Partial<Task> = {},
  options: BatchEndpointsOptions = {},
  serverOptions: JudgeServerOptions = {},
): Promise<Setting> {
  const batches = batchEndpoints(options);
  const server = await startJudgeServer({ batches, ...serverOptions });
  onTestFinished(() => server.close());
  const base: Task = {
    dataset,
    answers: join(folder, `run-${runs}`, 'rewards.jsonl'),
    url: server.url,
    ...task,
  };
  const readAll = (answers: string) =>
    Promise.all(
      ['rewards.jsonl', 'quarantine.jsonl'].map((name) =>
        readFile(join(answers, '..', name), 'utf8').catch(() => ''),
      ),
    );
  return {
    server,
    batches,
    run: (more = {}, hooks = {}) => annotateByBatches({ ...base, ...more }, hooks),
    read: () => readAll(base.answers),
    async readDirect() {
      const answers = join(folder, `direct-${runs}`, 'rewards.jsonl');
      await annotateDirectly({ ...base, answers });
      return readAll(answers);
    },
  };
}

const total = (numbers: Iterable<number>) => [...numbers].reduce((sum, each) => sum + each, 0);

describe('a run over several days', () => {
  test('submits three files, waits, collects what is ready, and ends like a run without batches', async () => {
    const { batches, run, read, readDirect } = await setUp({ limits: { requests: 5, ...MANY } });
    const first = await run();
    expect(first.code).toBe('pending');
    expect(first.waiting.map(({ requests, status }) => [requests, status])).toEqual([
      [5, 'in_progress'],
      [5, 'in_progress'],
      [2, 'in_progress'],
    ]);
    expect((await run()).waiting).toHaveLength(3);
    expect(batches.batches).toHaveLength(3);

    batches.end();
    const last = await run();
    expect(last.code).toBe('done');
    expect(last.summary).toMatchObject({ judged: COUNT, quarantined: 0 });
    expect(last.spent).toMatchObject({ calls: COUNT, unreported: 0 });
    expect(last.spent.tokens.input).toBeGreaterThan(1000);
    expect(await read()).toEqual(await readDirect());
    expect(batches.files.size).toBe(0);

    // Everything is answered, so there is nothing to submit.
    expect((await run()).summary).toMatchObject({ judged: 0, answeredBefore: COUNT });
    expect(batches.batches).toHaveLength(3);
  });

  test('fills files up to their limit in bytes', async () => {
    const { batches, run } = await setUp({ limits: { requests: 1000, bytes: 20_000, tokens: 1e9 } });
    const uploads: number[] = [];
    await run({}, { onNote: (note) => void (note.event === 'prepared' && uploads.push(note.bytes)) });
    expect(uploads.length).toBeGreaterThan(2);
    for (const bytes of uploads.slice(0, -1)) {
      expect(bytes).toBeLessThanOrEqual(20_000);
      expect(bytes).toBeGreaterThan(20_000 - 8000);
    }
    expect([...batches.files.values()].map(({ text }) => text.length)).toEqual(uploads);
    await expect(
      run({
        answers: join(folder, 'small', 'rewards.jsonl'),
        limits: { requests: 9, bytes: 100, tokens: 1e9 },
      }),
    ).resolves.toMatchObject({
      code: 'bad-input',
      error: { hint: expect.stringContaining('--max-side') },
    });
  });

  test('keeps the replies of expired batches, and asks only for the rest', async () => {
    const { batches, run, read, readDirect } = await setUp({ limits: { requests: 8, ...MANY } });
    await run();
    batches.end({ status: 'expired', share: 0.5 });
    const second = await run();
    expect(second).toMatchObject({ code: 'pending', waiting: [{ requests: 6 }] });
    // Settled triplets are already judged.
    expect((await read())[0].trimEnd().split('\n')).toHaveLength(6);
    batches.end({ status: 'cancelled', share: 0.5 });
    expect(await run()).toMatchObject({ code: 'pending', waiting: [{ requests: 3 }] });
    batches.end();
    expect((await run()).code).toBe('done');
    expect(await read()).toEqual(await readDirect());
    expect([...batches.done.values()]).toEqual(Array(COUNT).fill(1));
  });

  test('handles rows that are damaged, absent, unknown, repeated or errors', async () => {
    const { batches, run, read, readDirect } = await setUp();
    await run();
    const [{ requests }] = batches.batches;
    const filtered = { message: 'filtered', code: 'content_filter' };
    batches.end({
      fault: (place) =>
        (
          [
            { status: 500, error: { message: 'The server had an error' } },
            { status: 429, error: { message: 'slow down', code: 'rate_limit_exceeded' } },
            'damaged',
            'absent',
            { code: 'request_timeout', message: 'timed out' },
            { status: 400, error: filtered },
          ] as const
        )[place],
      lines: [
        JSON.stringify({ custom_id: 'of another', response: { status_code: 200, body: {} }, error: null }),
        JSON.stringify({ custom_id: requests[11].custom_id, response: null, error: { code: 'x' } }).slice(
          0,
          9,
        ),
      ],
    });
    const notices: string[] = [];
    const emit: Emit = (event) => void (event.type === 'log' && notices.push(event.message));
    const second = await run({}, { emit });
    expect(notices[0]).toBe(
      'Collected batch_1, which is completed; replies: 6 of 12; damaged lines: 2; lines about unknown requests: 1.',
    );
    // The request withheld by the filter is not repeated.
    expect(second).toMatchObject({ code: 'pending', waiting: [{ requests: 5 }] });
    batches.end({ lines: ['', '{"custom_id":1}'] });
    const last = await run();
    expect(last.code).toBe('done');
    const [answers, aside] = await read();
    expect(aside.trimEnd().split('\n')).toHaveLength(1);
    expect(aside).toContain('content filter: 400 filtered');
    const [direct] = await readDirect();
    const differing = answers.split('\n').filter((line, at) => line !== direct.split('\n')[at]);
    expect(differing).toHaveLength(1);
  });

  test('asks three times for a request that always fails, then sets its triplet aside', async () => {
    const { batches, run, read } = await setUp();
    const rounds: number[] = [];
    let end = await run();
    while (end.code === 'pending') {
      rounds.push(end.waiting[0].requests);
      batches.end({
        fault: (place) => (place === 0 ? { status: 503, error: { message: 'busy' } } : undefined),
      });
      end = await run();
    }
    expect(rounds).toEqual([COUNT, 1, 1]);
    expect(end).toMatchObject({ code: 'done', summary: { quarantined: 1 } });
    expect((await read())[1]).toContain('unavailable: 503 busy (3 times)');
  });

  test('retries unusable replies as often as without batches, and again only when told', async () => {
    const reply = ({ hash, text }: { hash: string; text: string }) =>
      text.includes('"changes"') && hash.startsWith('0')
        ? 'I would rather not say.'
        : JSON.stringify({
            changes: 'x',
            ...Object.fromEntries(
              ['following', 'preserving', 'quality'].map((name) => [name, { failures: '', score: 20 }]),
            ),
          });
    const { batches, server, run, read, readDirect } = await setUp(
      {},
      {},
      {
        reply: (question) => reply({ ...question, hash: question.pictures[0].length % 3 === 0 ? '0' : '1' }),
      },
    );
    const days = async (task: Partial<Task> = {}) => {
      let end = await run(task);
      for (let day = 0; end.code === 'pending'; day++) {
        batches.end();
        end = await run(task);
        expect(day).toBeLessThan(5);
      }
      return end;
    };
    const end = await days();
    const bad = end.summary!.quarantined;
    expect(bad).toBeGreaterThan(0);
    expect(bad).toBeLessThan(COUNT);
    expect(total(batches.done.values())).toBe(COUNT + 2 * bad);
    const journals = await read();
    expect(journals).toEqual(await readDirect());
    expect(journals[1]).toContain('I would rather not say.');

    await days();
    expect(total(batches.done.values())).toBe(COUNT + 2 * bad);
    const calls = server.calls.length;
    await days({ retryQuarantined: true });
    expect(total(batches.done.values())).toBe(COUNT + 5 * bad);
    expect(server.calls.length).toBe(calls);
  });

  test('waits for everything if told, until it is stopped', async () => {
    const { server, batches, run, read, readDirect } = await setUp({ limits: { requests: 5, ...MANY } });
    setTimeout(() => batches.end(), 1000);
    const events: EventBody[] = [];
    const end = await run({}, { wait: true, emit: (event) => void events.push(event) });
    expect(end.code).toBe('done');
    const host = new URL(server.url).host;
    expect(events.filter(({ type }) => type.startsWith('waiting'))).toEqual([
      { type: 'waiting', what: 'batches', why: `not over at ${host}: 3` },
      { type: 'waiting-over', what: 'batches' },
    ]);
    expect(events.findLast(({ type }) => type === 'spending')).toMatchObject({ calls: COUNT });
    expect(await read()).toEqual(await readDirect());
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 500);
    const stopped = await run(
      { answers: join(folder, 'stopped', 'rewards.jsonl') },
      { wait: true, signal: stop.signal },
    );
    expect(stopped.error).toMatchObject({ code: 'interrupted', hint: 'the same command collects it' });
  });
});

describe('a server without room', () => {
  test.each(['at once', 'later'] as const)(
    'that refuses a file %s gets smaller ones, and is waited for',
    async (refuses) => {
      // Each request takes about 1,500 tokens there, and is estimated at 2,000 at most.
      const { batches, run, read, readDirect } = await setUp({}, { room: { tokens: 8000, refuses } });
      let end = await run();
      for (let day = 0; end.code === 'pending'; day++) {
        batches.end();
        end = await run();
        expect(day).toBeLessThan(12);
      }
      expect(end.code).toBe('done');
      expect([...batches.done.values()]).toEqual(Array(COUNT).fill(1));
      expect(batches.files.size).toBe(0);
      expect(await read()).toEqual(await readDirect());
      const sizes = batches.batches
        .filter(({ status }) => status === 'completed')
        .map(({ requests }) => requests.length);
      expect(Math.max(...sizes)).toBeGreaterThan(1);
    },
  );

  test('for a single request ends the run, which resumes when there is room', async () => {
    const { batches, run } = await setUp({}, { room: { tokens: 100, refuses: 'at once' } });
    expect(await run()).toMatchObject({
      code: 'exhausted',
      error: { message: expect.stringContaining('single request') },
    });
    expect(await run()).toMatchObject({ code: 'exhausted' });
    expect(batches.batches).toHaveLength(0);
  });
});

describe('a budget', () => {
  test('holds back requests that could exceed it, over all days together', async () => {
    const { batches, run } = await setUp();
    const limited = (calls: number) => ({ choice: { budget: { calls } } });
    expect(await run(limited(5))).toMatchObject({ code: 'pending', waiting: [{ requests: 5 }] });
    batches.end();
    const stopped = await run(limited(5));
    expect(stopped).toMatchObject({ code: 'exhausted', spent: { calls: 5 } });
    expect(await run(limited(8))).toMatchObject({ code: 'pending', waiting: [{ requests: 3 }] });
    batches.end();
    expect(await run(limited(8))).toMatchObject({ code: 'exhausted', spent: { calls: 8 } });
    expect(await run(limited(100))).toMatchObject({ code: 'pending', waiting: [{ requests: 4 }] });
    batches.end();
    expect(await run(limited(100))).toMatchObject({ code: 'done', spent: { calls: COUNT } });
  });

  test("is shared with a process that asks call by call: each sees the other's calls under way", async () => {
    const ledger = join(folder, 'shared', 'spending');
    const limited = (calls: number) => ({ choice: { ledger, budget: { calls } } });
    const { batches, run } = await setUp();
    const shard = openLedger(ledger);
    onTestFinished(() => shard.close());
    for (let call = 0; call < 3; call++) await shard.begin({ calls: 1, tokens: 9, dollars: 0 });
    expect(await run(limited(8))).toMatchObject({ code: 'pending', waiting: [{ requests: 5 }] });
    const noted = async () => plus((await shard.others()).spent, (await shard.others()).underWay).calls;
    expect(await noted()).toBe(5);
    const tracker = createSpendingTracker({ calls: 8 }, openLedger(ledger));
    const one = { input: 1, cachedInput: 0, output: 1 };
    const stop = AbortSignal.timeout(300);
    await expect(tracker.reserve(one, undefined, stop)).rejects.toMatchObject({ name: 'TimeoutError' });
    for (let call = 1; call <= 3; call++) shard.end(call, { calls: 0, tokens: 0, dollars: 0 });
    batches.end();
    expect(await run(limited(8))).toMatchObject({ code: 'pending', waiting: [{ requests: 3 }] });
    expect(await noted()).toBe(8);
    // A batch that the server rejects is dropped.
    batches.fail({ code: 'model_not_found', message: 'The model `m` is not supported by the Batch API.' });
    await run(limited(8));
    expect(await noted()).toBe(5);
  });

  test('in dollars uses the prices of batches, and counts what is under way at its most', async () => {
    const { batches, run } = await setUp({ choice: { models } });
    const limited = (cost: number) => ({ choice: { models, budget: { cost } } });
    const all = await run({ answers: join(folder, 'all', 'rewards.jsonl') });
    batches.end();
    const { spent } = await run({ answers: join(folder, 'all', 'rewards.jsonl') });
    expect(all.code).toBe('pending');
    expect(spent.dollars).toBeCloseTo((spent.tokens.input * 0.5 + spent.tokens.output * 2) / 1e6, 12);
    const few = await run(limited(spent.dollars! / 2));
    expect(few).toMatchObject({ code: 'pending' });
    const [{ requests }] = few.waiting;
    expect(requests).toBeLessThan(COUNT / 2);
    batches.end();
    // Replies took less than their most, so there is budget for more.
    const more = await run(limited(spent.dollars! / 2));
    expect(more.code).toBe('pending');
    expect(more.spent.dollars).toBeLessThan(spent.dollars! / 2);
  });

  test('that is lowered applies to files not yet submitted', async () => {
    const { batches, run } = await setUp();
    const dies = run(
      {},
      {
        onNote: ({ event }) => {
          if (event === 'uploaded') throw new Error('dead');
        },
      },
    );
    await expect(dies).rejects.toThrow('dead');
    expect(await run({ choice: { budget: { calls: 3 } } })).toMatchObject({
      code: 'pending',
      waiting: [{ requests: 3 }],
    });
    expect(batches.batches).toHaveLength(1);
    expect(batches.files.size).toBe(1);
  });
});

test('a file that is lost before its upload is written again', async () => {
  const { batches, run } = await setUp();
  const dies = run(
    {},
    {
      onNote({ event }) {
        if (event === 'prepared') throw new Error('dead');
      },
    },
  );
  await expect(dies).rejects.toThrow('dead');
  await rm(join(folder, `run-${runs}`, 'batches-to-upload'), { recursive: true });
  expect(await run()).toMatchObject({ code: 'pending', waiting: [{ requests: COUNT }] });
  expect(batches.files.size).toBe(1);
});

describe('a run cannot continue', () => {
  test('with a server without a Batch API, before anything is prepared', async () => {
    const { server } = await setUp();
    const bare = await startJudgeServer();
    onTestFinished(() => bare.close());
    const answers = join(folder, 'bare', 'rewards.jsonl');
    const end = await annotateByBatches({ dataset, answers, url: bare.url });
    expect(end).toMatchObject({ code: 'usage', error: { message: 'the server has no Batch API' } });
    const oracle = await annotateByBatches({
      dataset,
      answers,
      url: server.url,
      choice: { judge: 'oracle' },
    });
    expect(oracle).toMatchObject({ code: 'usage', error: { where: '--batch' } });
  });

  test('after an invalid batch, but loses nothing', async () => {
    const { batches, run } = await setUp({ limits: { requests: 6, ...MANY } });
    await run();
    batches.fail({ code: 'model_not_found', message: 'The model `m` is not supported by the Batch API.' });
    const refused = await run();
    expect(refused.error).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('The model `m` is not supported'),
    });
    expect(batches.files.size).toBe(0);
    expect(await run()).toMatchObject({ code: 'pending', waiting: [{ requests: 6 }, { requests: 6 }] });
    batches.end();
    expect((await run()).code).toBe('done');
  });

  test('if the server rejects all requests, which are not held against any triplet', async () => {
    const { batches, run } = await setUp();
    await run();
    const error = { message: 'Unsupported parameter: temperature', code: 'unsupported_parameter' };
    batches.end({ fault: () => ({ status: 400, error }) });
    expect((await run()).error).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('temperature'),
    });
    expect(await run()).toMatchObject({ code: 'pending', waiting: [{ requests: COUNT }] });
  });

  test('with an account without credit', async () => {
    const { batches, run } = await setUp();
    await run();
    const error = { message: 'You exceeded your current quota', code: 'insufficient_quota' };
    batches.end({ fault: (place) => (place < 9 ? { status: 429, error } : undefined) });
    expect(await run()).toMatchObject({ code: 'exhausted', spent: { calls: COUNT } });
    expect(await run()).toMatchObject({ code: 'pending', waiting: [{ requests: 9 }] });
  });

  test('with another judge while batches are under way, or with the same one without batches', async () => {
    const { run, server } = await setUp();
    await run();
    const other = await run({ choice: { judge: 'compatible:other' } });
    expect(other.error).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('a batch for m'),
    });
    const answers = join(folder, `run-${runs}`, 'rewards.jsonl');
    const open = (judge: string) =>
      createJudge(
        {
          ...{ judge, baseUrl: server.url, api: 'chat', protocol: 'rubric-v1', passes: 1, maxSide: 64 },
          ...{ timeout: 1, concurrency: 1, budget: {}, replies: join(folder, 'none') },
        },
        createAccess({ environment: {} }),
      );
    await expect(assertNothingUnderWay(answers, (await open('compatible:m')).models)).rejects.toMatchObject({
      code: 'usage',
      message: 'a batch is under way, so asking now would pay twice',
    });
    await assertNothingUnderWay(answers, (await open('compatible:other')).models);
  });
});

test('an ensemble has separate batches for each model', async () => {
  const file = join(folder, 'ensemble.json');
  const members = [{ judge: 'compatible:one' }, { judge: 'compatible:two', protocol: 'viescore-like' }];
  await writeFile(file, JSON.stringify({ members }));
  const choice = { judge: `ensemble:${file}` };
  const { batches, run, read, readDirect } = await setUp({ choice, limits: { requests: 10, ...MANY } });
  const { waiting } = await run();
  expect(new Set(waiting.map(({ model }) => model))).toEqual(new Set(['one', 'two']));
  for (const { requests } of batches.batches) {
    const asked = new Set(requests.map(({ body }) => (body as { model: string }).model));
    expect(asked.size).toBe(1);
  }
  batches.end();
  expect((await run()).code).toBe('done');
  expect(await read()).toEqual(await readDirect());
});

test('the Responses API has batches, too', async () => {
  const { batches, run, read, readDirect } = await setUp({ choice: { api: 'responses' } });
  await run();
  expect(batches.batches[0].requests[0].url).toBe('/v1/responses');
  batches.end();
  expect((await run()).code).toBe('done');
  expect(await read()).toEqual(await readDirect());
});
