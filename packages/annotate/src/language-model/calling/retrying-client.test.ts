import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError, type EventBody } from '@rewardedit/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RunEndingError } from '../../judges/run-ending-error.ts';
import { startJudgeServer, type JudgeServer, type JudgeServerOptions } from '../../testing/index.ts';
import { createAccess } from '../access/access.ts';
import { createRetryingClient, type AskContext, type Asked, type Call } from './retrying-client.ts';
import { connect } from '../api/connection.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { hurry } from './hurry.test.helper.ts';
import { contentKey, openReplyStore, type ReplyStore } from '../store/reply-store.ts';
import { createSpendingTracker } from '../spending/spending-tracker.ts';
import type { Budget } from '../spending/spending.ts';

let folder: string;
let stores = 0;
const open: (JudgeServer | ReplyStore)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-client-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  vi.restoreAllMocks();
  for (const each of open.splice(0)) await each.close();
});

async function serve(options: JudgeServerOptions = {}): Promise<JudgeServer> {
  const server = await startJudgeServer({ reply: ({ hash }) => `good ${hash}`, ...options });
  open.push(server);
  return server;
}

type Setup = {
  budget?: Budget;
  store?: ReplyStore;
  timeout?: number;
  concurrency?: number;
  patience?: number;
};

function setUp({ url }: Pick<JudgeServer, 'url'>, { budget = {}, timeout = 3600, ...rest }: Setup = {}) {
  const { concurrency = 16, patience, store = openReplyStore(join(folder, `replies-${stores++}`)) } = rest;
  open.push(store);
  const settings = {
    provider: 'compatible',
    model: 'm',
    baseUrl: url,
    api: 'chat',
    timeout,
    concurrency,
  } as const;
  const tracker = createSpendingTracker(budget);
  const limiter = createRateLimiter({ most: concurrency });
  const connection = connect(settings, createAccess({ environment: {} }));
  const prices = { input: 1, output: 1 };
  const ask = createRetryingClient({
    connection,
    model: 'm',
    store,
    limiter,
    tracker,
    prices,
    timeout,
    patience,
  });
  return { ask, tracker, store, limiter };
}

const signals = () => ({ halt: new AbortController(), cancel: new AbortController() });

function context({ halt, cancel } = signals(), again = false): AskContext {
  return { signal: halt.signal, cancel: cancel.signal, again };
}

/** A question whose reply is usable if it begins with "good". */
const callOf = (text: string): Call => ({
  request: { system: 'Judge.', parts: [{ text }], maxOutputTokens: 10, sampling: {} },
  key: (attempt) => contentKey({ text, attempt }),
  read: (reply) =>
    reply.text.startsWith('good')
      ? { scores: { quality: 5 }, feedback: {} }
      : { invalid: 'this is not good' },
  least: { input: 1, cachedInput: 0, output: 1 },
  most: { input: 10, cachedInput: 0, output: 10 },
});

const errorOf = (promise: Promise<Asked>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const asked = (text: string) => (question: { text: string }) => question.text.includes(text);

describe('a question', () => {
  it('is asked once, and answered from the store afterwards, in another run too', async () => {
    const server = await serve();
    const { ask, store, tracker } = setUp(server);
    const first = await ask(callOf('a'), context());
    expect(first).toMatchObject({ reply: { text: `good ${server.calls[0].hash}` } });
    expect(await ask(callOf('a'), context())).toEqual(first);
    expect(tracker.spending()).toMatchObject({ calls: 1, stored: 1 });
    const next = setUp(server, { store });
    expect(await next.ask(callOf('a'), context())).toEqual(first);
    expect(server.calls).toHaveLength(1);
    expect(next.tracker.spending()).toMatchObject({ calls: 0, stored: 1, dollars: 0 });
  });

  it('asked twice at once is paid for once', async () => {
    const server = await serve({ latency: 20 });
    const { ask } = setUp(server);
    const [one, two] = await Promise.all([ask(callOf('a'), context()), ask(callOf('a'), context())]);
    expect(one).toEqual(two);
    expect(server.calls).toHaveLength(1);
  });

  it('asked twice at once is read by each caller in its own way', async () => {
    const server = await serve({ latency: 20 });
    const { ask } = setUp(server);
    const readsMeasure = { read: () => ({ scores: {}, feedback: {}, measures: { second: 1 } }) };
    const readsNothing = { read: () => ({ invalid: 'it says nothing of this' }) };
    const [one, two, three] = await Promise.all(
      [{}, readsMeasure, readsNothing].map((own) => ask({ ...callOf('a'), ...own }, context())),
    );
    expect(one).toMatchObject({ reading: { scores: { quality: 5 } } });
    expect(two).toMatchObject({ reading: { measures: { second: 1 } } });
    expect(three).toMatchObject({ missing: 'it says nothing of this' });
    expect(server.calls).toHaveLength(1);
  });

  it('is reported with what it took, and what was spent by then', async () => {
    const server = await serve({ fault: (number) => (number === 0 ? 'error' : undefined) });
    const { ask, tracker } = setUp(server, { budget: { calls: 5 } });
    const events: EventBody[] = [];
    hurry();
    await ask(callOf('a'), { ...context(), emit: (event) => void events.push(event) });
    expect(events.map(({ type }) => type)).toEqual(['call', 'spending', 'retry', 'call', 'spending']);
    expect(events[0]).toMatchObject({ model: 'm', outcome: 'server-error' });
    expect(events[3]).toMatchObject({ outcome: 'reply', seconds: expect.any(Number) as number });
    expect(events[4]).toEqual(tracker.report());
    expect(events[4]).toMatchObject({ calls: 2, budget: { calls: 5 }, ofRun: { calls: 2 } });
  });

  it('whose reply the server could not parse is asked differently, and may have been charged', async () => {
    const server = await serve({ fault: (number) => (number < 2 ? 'unfinished' : undefined) });
    const { ask, tracker } = setUp(server);
    expect(await ask(callOf('a'), context())).toMatchObject({
      reply: { text: expect.stringMatching(/^good/) as string },
    });
    expect(new Set(server.calls.map(({ hash }) => hash)).size).toBe(3);
    expect(tracker.spending().uncertain).toMatchObject({ calls: 2 });
  });

  it('with an unusable reply is asked three times, and then has only these replies', async () => {
    const server = await serve({ reply: () => 'bad' });
    const { ask, store } = setUp(server);
    const missing = { missing: 'unusable reply: this is not good (3 times)', replies: ['bad', 'bad', 'bad'] };
    expect(await ask(callOf('a'), context())).toMatchObject(missing);
    expect(server.calls).toHaveLength(3);
    // The next run knows that, and asks again only when told.
    const next = setUp(server, { store });
    expect(await next.ask(callOf('a'), context())).toMatchObject(missing);
    expect(server.calls).toHaveLength(3);
    const replies = Array<string>(6).fill('bad');
    expect(await next.ask(callOf('a'), context(signals(), true))).toMatchObject({ ...missing, replies });
    expect(server.calls).toHaveLength(6);
  });

  it('continues after as many unusable replies as an earlier run got', async () => {
    const server = await serve({ reply: () => 'bad' });
    const { ask, store } = setUp(server);
    const halted = signals();
    const call = callOf('a');
    // Stops the run as soon as the second reply is read.
    let reads = 0;
    const read: Call['read'] = (reply) => {
      if (++reads === 2) halted.halt.abort(new RewardEditError('interrupted', 'stopped'));
      return call.read(reply);
    };
    expect(await errorOf(ask({ ...call, read }, context(halted)))).toMatchObject({ code: 'interrupted' });
    expect(server.calls).toHaveLength(2);
    expect(await setUp(server, { store }).ask(call, context())).toMatchObject({
      missing: expect.stringContaining('(3 times)'),
    });
    expect(server.calls).toHaveLength(3);
  });

  it.each([
    ['refusal', 2, 'refusal: the model refused (2 times)', "I'm sorry, I can't help with that."],
    ['cut-off', 3, 'cut off: the reply is longer than allowed (3 times)', 'good '],
  ] as const)('that meets a %s each time is asked %d times', async (fault, times, reason, text) => {
    const server = await serve({ fault: () => fault, reply: () => 'good good ' });
    const outcome = await setUp(server).ask(callOf('a'), context());
    expect(outcome).toMatchObject({ missing: reason, replies: Array<string>(times).fill(text) });
    expect(server.calls).toHaveLength(times);
  });

  it.each([
    [
      'a content filter',
      400,
      { message: 'Filtered.', code: 'content_filter' },
      'content filter: 400 Filtered.',
    ],
    ['a refusal of the request', 413, { message: 'Too large.' }, 'rejected: 413 Too large.'],
  ])('that meets %s is asked once', async (_, status, error, missing) => {
    const server = await serve({ fault: () => ({ status, body: { error } }) });
    expect(await setUp(server).ask(callOf('a'), context())).toMatchObject({ missing, replies: [] });
    expect(server.calls).toHaveLength(1);
  });

  it.each([
    ['error', 6],
    ['reset', 6],
    ['broken-json', 4],
    ['limited', 300],
  ] as const)('that meets %s is asked up to %d times, and is answered then', async (fault, most) => {
    hurry();
    const server = await serve({ fault: (number) => (number < most - 1 ? fault : undefined) });
    expect(await setUp(server).ask(callOf('a'), context())).toMatchObject({
      reading: { scores: { quality: 5 } },
    });
    expect(server.calls).toHaveLength(most);
  });

  it('that the server never answers times out, and is asked again', async () => {
    const server = await serve({ fault: (number) => (number === 0 ? 'hang' : undefined) });
    const { ask } = setUp(server, { timeout: 0.2 });
    expect(await ask(callOf('a'), context())).toMatchObject({ reading: { scores: { quality: 5 } } });
    expect(server.calls).toHaveLength(2);
  });

  it('with a reply that is far too long has no answer, and keeps the beginning', async () => {
    const server = await serve({ reply: () => `good ${'x'.repeat(200_000)}` });
    const { ask } = setUp(server);
    const outcome = await ask(callOf('a'), context());
    expect(outcome).toMatchObject({
      missing: 'unusable reply: the reply is far longer than was asked for (3 times)',
    });
    const kept = 'replies' in outcome ? outcome.replies : [];
    expect(kept.map((each) => each.slice(4995))).toEqual(
      Array<string>(3).fill('xxxxx... (195005 more characters)'),
    );
  });

  it('keeps the beginning of an invalid response, and of its error', async () => {
    hurry();
    const body = `<html>${'x'.repeat(10_000)}`;
    const server = await serve({ fault: () => ({ status: 200, body }) });
    const outcome = await setUp(server).ask(callOf('a'), context(signals(), true));
    expect(outcome).toMatchObject({ missing: expect.stringMatching(/^broken reply: /) });
    expect(outcome).toHaveProperty('replies.length', 4);
    expect(outcome).toHaveProperty('replies.0', `${body.slice(0, 5000)}... (5006 more characters)`);
    const refusing = await serve({ fault: () => ({ status: 422, body }) });
    expect(await setUp(refusing).ask(callOf('a'), context())).toMatchObject({
      missing: expect.stringMatching(/^rejected: 422 <html>x{490}\.\.\. \(9510 more characters\)$/),
      replies: [],
    });
  });

  it('distinguishes calls that may have been charged, and counts nothing for the others', async () => {
    hurry();
    const faults = [
      { status: 500, body: {} },
      { status: 200, body: 'broken' },
      { status: 429, body: {} },
    ] as const;
    const server = await serve({ fault: (number) => faults[number] });
    const { ask, tracker } = setUp(server);
    await ask(callOf('a'), context());
    const clean = setUp(await serve());
    await clean.ask(callOf('a'), context());
    const { input, output } = clean.tracker.spending().tokens;
    const { most } = callOf('a');
    expect(tracker.spending()).toMatchObject({
      calls: 4,
      unreported: 0,
      uncertain: { calls: 2 },
      tokens: { input: input + 2 * most.input, output: output + 2 * most.output },
    });
    const hanging = await serve({ fault: (number) => (number === 0 ? 'hang' : undefined) });
    vi.restoreAllMocks();
    const other = setUp(hanging, { timeout: 0.2 });
    await other.ask(callOf('a'), context());
    expect(other.tracker.spending()).toMatchObject({ calls: 2, uncertain: { calls: 1 } });
  });

  it('waits as long as the server asks', async () => {
    const body = { error: { message: 'Slow down.' } };
    const server = await serve({
      fault: (number) =>
        number === 0 ? { status: 429, body, headers: { 'retry-after-ms': '1300' } } : undefined,
    });
    const began = performance.now();
    await setUp(server).ask(callOf('a'), context());
    expect(performance.now() - began).toBeGreaterThanOrEqual(1299);
  });
});

it('of many to a server that turns away three of four calls is answered in the end', async () => {
  hurry();
  const server = await serve({ fault: (number) => (number % 4 === 0 ? undefined : 'limited-in-body') });
  const { ask } = setUp(server);
  const texts = Array.from({ length: 40 }, (_, at) => `question ${at}`);
  const outcomes = await Promise.all(texts.map((text) => ask(callOf(text), context())));
  for (const outcome of outcomes) expect(outcome).toHaveProperty('reading');
  // And soon: in real time, these waits add up to half a minute.
  const waits = vi.mocked(globalThis.setTimeout).mock.calls.map(([, milliseconds = 0]) => milliseconds);
  expect(Math.max(...waits.filter((each) => each < 3600 * 1000))).toBeLessThanOrEqual(10_000);
});

describe('one question that the server always fails on', () => {
  it.each([
    ['error', /^server error: 500 The server had an error \(6 times\)$/],
    ['reset', /^connection: .*\(6 times\)$/],
    ['broken-json', /^broken reply: .*\(4 times\)$/],
    ['hang', /^timeout: no reply within 0\.5 s \(\d times\)$/],
  ] as const)('(%s) has no answer, and does not affect the others', async (fault, reason) => {
    if (fault !== 'hang') hurry();
    const server = await serve({
      latency: 20,
      fault: (_, question) => (asked('poison')(question) ? fault : undefined),
    });
    const { ask } = setUp(server, {
      ...(fault === 'hang' && { timeout: 0.5, patience: 1.5 }),
      concurrency: 2,
    });
    const texts = ['poison', ...Array.from({ length: 60 }, (_, at) => `good question ${at}`)];
    const outcomes = await Promise.all(texts.map((text) => ask(callOf(text), context())));
    const raw = Array<unknown>(fault === 'broken-json' ? 4 : 0).fill(expect.stringMatching(/^\{"id"/));
    expect(outcomes[0]).toMatchObject({ missing: expect.stringMatching(reason), replies: raw });
    for (const outcome of outcomes.slice(1)) expect(outcome).toHaveProperty('reading');
  });

  it('has no answer even if it is the last one left, or asked again', async () => {
    hurry();
    const server = await serve({ fault: () => 'error' });
    expect(await setUp(server).ask(callOf('a'), context())).toHaveProperty('missing');
    const broken = await serve({ fault: () => 'broken-json' });
    expect(await setUp(broken).ask(callOf('a'), context(signals(), true))).toHaveProperty('missing');
  });
});

describe('a run ends', () => {
  const all = async (server: Pick<JudgeServer, 'url'>, setup: Setup = {}, count = 40) => {
    const { ask, store } = setUp(server, setup);
    const texts = Array.from({ length: count }, (_, at) => `question ${at}`);
    const running = signals();
    const answered: Asked[] = [];
    const errors: unknown[] = [];
    await Promise.all(
      texts.map(async (text) => {
        try {
          answered.push(await ask(callOf(text), context(running)));
        } catch (error) {
          errors.push(error);
          running.halt.abort(error);
          running.cancel.abort(error);
        }
      }),
    );
    return { answered, error: errors[0], store };
  };

  it.each([
    [401, { message: 'Incorrect key.', code: 'invalid_api_key' }, 'authentication'],
    [403, { message: 'Not yours.' }, 'authentication'],
    [402, { message: 'Pay first.' }, 'exhausted'],
    [429, { message: 'You exceeded your quota.', code: 'insufficient_quota' }, 'exhausted'],
    [404, { message: 'No such model.', code: 'model_not_found' }, 'bad-input'],
  ] as const)('at once if the server says %d %j', async (status, error, code) => {
    const server = await serve({ fault: () => ({ status, body: { error } }) });
    const outcome = await all(server);
    expect(outcome.error).toBeInstanceOf(RunEndingError);
    expect(outcome.error).toMatchObject({ code, message: expect.stringContaining(error.message) });
    expect(outcome.answered).toEqual([]);
    // At most those that were under way at once.
    expect(server.calls.length).toBeLessThanOrEqual(17);
  });

  it('if all requests are rejected', async () => {
    const server = await serve({
      fault: () => ({ status: 400, body: { error: { message: 'No pictures.' } } }),
    });
    const { error, answered } = await all(server);
    expect(error).toMatchObject({ code: 'bad-input', message: expect.stringContaining('No pictures.') });
    expect(answered).toHaveLength(7);
  });

  it('unless only some requests are rejected', async () => {
    const server = await serve({
      fault: (_, { text }) =>
        /question \d*[1-9]$/.test(text) ? { status: 400, body: { error: { message: 'No.' } } } : undefined,
    });
    const { error, answered } = await all(server, { concurrency: 1 });
    expect(error).toBeUndefined();
    expect(answered.filter((each) => 'missing' in each)).toHaveLength(36);
  });

  it.each(['limited', 'error', 'reset', 'broken-json'] as const)('if every call meets %s', async (fault) => {
    hurry();
    const server = await serve({ fault: () => fault });
    const { error, answered } = await all(server, fault === 'limited' ? { patience: 0.2 } : {});
    expect(error).toMatchObject({ code: fault === 'limited' ? 'exhausted' : 'failed' });
    expect(answered).toEqual([]);
  });

  it('if the server dies in the middle, and sets no question aside for it', async () => {
    hurry();
    const dies = (number: number) => {
      if (number === 20) setImmediate(() => void server.close());
      return undefined;
    };
    const server = await serve({ latency: 10, fault: dies });
    const { error, answered, store } = await all(server, { concurrency: 4 }, 200);
    expect(error).toMatchObject({ code: 'failed', message: expect.stringMatching(/ECONNREFUSED/) });
    expect(answered.length).toBeGreaterThan(0);
    for (const each of answered) expect(each).toHaveProperty('reading');
    expect(await store.get(callOf('question 0').key(0))).toBeDefined();
  });

  it('if the budget is used up, and keeps the replies under way', async () => {
    const server = await serve({ latency: 30 });
    const { ask, tracker, store } = setUp(server, { budget: { calls: 10 } });
    const texts = Array.from({ length: 40 }, (_, at) => `question ${at}`);
    const outcomes = await Promise.allSettled(texts.map((text) => ask(callOf(text), context())));
    const kept = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [texts[at]] : []));
    expect(kept).toHaveLength(10);
    for (const text of kept) expect(await store.get(callOf(text).key(0))).toBeDefined();
    expect(server.calls).toHaveLength(10);
    expect(tracker.spending()).toMatchObject({ calls: 10 });
  });
});

describe('a run that is stopped', () => {
  it('waits for the replies under way, and starts no further call', async () => {
    const server = await serve({ latency: 50 });
    const { ask } = setUp(server, { concurrency: 3 });
    const running = signals();
    const texts = Array.from({ length: 9 }, (_, at) => `question ${at}`);
    const outcomes = texts.map((text) => ask(callOf(text), context(running)));
    setTimeout(() => running.halt.abort(new RewardEditError('interrupted', 'stopped')), 20);
    const settled = await Promise.allSettled(outcomes);
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(6).fill('rejected'),
    ]);
    expect(server.calls).toHaveLength(3);
  });

  it('drops the replies under way if it has failed', async () => {
    const server = await serve({ fault: () => 'hang' });
    const { ask, limiter } = setUp(server);
    const running = signals();
    const outcome = errorOf(ask(callOf('a'), context(running)));
    setTimeout(() => running.cancel.abort(new Error('failed')), 20);
    expect(await outcome).toMatchObject({ message: 'failed' });
    expect(limiter.underWay).toBe(0);
  });

  it('does not wait for the end of a pause', async () => {
    const server = await serve({ fault: () => 'error' });
    const running = signals();
    const outcome = errorOf(setUp(server).ask(callOf('a'), context(running)));
    setTimeout(() => running.halt.abort(new Error('stopped')), 100);
    const began = performance.now();
    expect(await outcome).toMatchObject({ message: 'stopped' });
    expect(performance.now() - began).toBeLessThan(700);
  });
});
