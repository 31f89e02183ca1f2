import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PERSPECTIVES, createRandom, type EventBody, type Triplet } from '@rewardedit/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Answer } from '../answers/answers.ts';
import { createWorkplace, paidTwice, type Bench, type Workplace } from './judge-run.test.helper.ts';
import { hurry } from '../language-model/calling/hurry.test.helper.ts';
import {
  FAULTS,
  startJudgeServer,
  startProxy,
  type JudgeServer,
  type JudgeServerOptions,
} from '../testing/index.ts';
import { useProxy } from '../testing/use-proxy.test.helper.ts';

const COUNT = 24;

let place: Workplace;
let bench: Bench;
/** The journal of a run without failures, from a server at this port. */
let whole: string;
let port: number;
let server: JudgeServer;

beforeAll(async () => {
  place = await createWorkplace(COUNT);
  const good = await startJudgeServer();
  port = Number(new URL(good.url).port);
  const straight = place.createBench();
  await straight.run(good);
  whole = await straight.read();
  await good.close();
});
afterAll(() => place.remove());
beforeEach(() => {
  bench = place.createBench();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

/** Starts the server at the port of the first one, because its address is in the records. */
async function serve(options: JudgeServerOptions = {}): Promise<JudgeServer> {
  server = await startJudgeServer({ port, ...options });
  return server;
}

const answersOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
const judgeOf = (answer: Answer) => ('reward' in answer ? answer.reward.judge : undefined);
const rejection = (status: number, code: string) => ({ status, body: { error: { message: 'Why.', code } } });

describe('a run', () => {
  it('asks once about each triplet, and never again', async () => {
    await serve();
    expect(await bench.run(server)).toMatchObject({
      summary: { judged: COUNT, quarantined: 0 },
      spending: { calls: COUNT, stored: 0, unreported: 0 },
    });
    expect(await bench.read()).toBe(whole);
    expect(await bench.run(server)).toMatchObject({ summary: { judged: 0, answeredBefore: COUNT } });
    // Even if the answers are gone, and only the replies are left.
    await rm(bench.journal);
    expect(await bench.run(server)).toMatchObject({
      summary: { judged: COUNT },
      spending: { calls: 0, stored: COUNT },
    });
    expect(await bench.read()).toBe(whole);
    expect(server.calls).toHaveLength(COUNT);
  });

  it('records who judged, how, and with which questions', async () => {
    await serve();
    await bench.run(server);
    const [first, ...others] = answersOf(await bench.read());
    expect(first).toMatchObject({
      reward: {
        judge: {
          name: 'compatible:m',
          version: expect.stringMatching(/^[0-9a-f]{16}$/),
          protocol: 'rubric-v1',
          model: 'm',
          server: '127.0.0.1',
          passes: 1,
          prompt: expect.stringMatching(/^[0-9a-f]{16}$/),
          served: 'judge-under-test',
          fingerprint: 'fp_test',
        },
      },
    });
    for (const answer of others) expect(judgeOf(answer)).toEqual(judgeOf(first));
  });

  it('pays once for two equal triplets', async () => {
    await serve({ latency: 10 });
    const twice = {
      ...place.scenes,
      async *triplets(): AsyncGenerator<Triplet> {
        for await (const triplet of place.scenes.triplets())
          for (const id of [triplet.id, `${triplet.id} again`]) yield { ...triplet, id };
      },
    };
    expect(await bench.run(server, { dataset: twice })).toMatchObject({ summary: { judged: 2 * COUNT } });
    expect(server.calls).toHaveLength(COUNT);
    const answers = answersOf(await bench.read());
    for (let at = 0; at < answers.length; at += 2)
      expect({ ...answers[at + 1], id: answers[at].id }).toEqual(answers[at]);
  });

  it('is replayed without a server or a key, byte for byte', async () => {
    await serve();
    await bench.run(server);
    await server.close();
    await rm(bench.journal);
    const { summary, spending } = await bench.run(server, { judge: 'replay:compatible:m' });
    expect(summary).toMatchObject({ judged: COUNT });
    expect(spending).toMatchObject({ calls: 0, stored: COUNT, dollars: 0 });
    expect(await bench.read()).toBe(whole);
    // What was never asked has no reply.
    const other = place.createBench();
    expect(await other.run(server, { judge: 'replay:compatible:m' })).toMatchObject({
      summary: { quarantined: COUNT },
    });
    expect(await other.quarantined()).toContainEqual({
      id: expect.any(String),
      reason: 'all: no stored reply',
      replies: [],
    });
  });

  it.each([
    { judge: 'compatible:m2' },
    { protocol: 'viescore-like' },
    { temperature: 0.5 },
    { maxSide: 512 },
    { passes: 2 },
  ] as const)('with another setting (%j) does not touch the journal, and asks nothing', async (setting) => {
    await serve();
    await bench.run(server);
    const { error } = await bench.run(server, setting);
    expect(error).toMatchObject({
      code: 'bad-input',
      where: bench.journal,
      message: expect.stringMatching(
        /^these answers are those of the judge compatible:m \w{16}, not compatible:m2? \w{16}$/,
      ),
      hint: expect.stringContaining('--rewards'),
    });
    expect(await bench.read()).toBe(whole);
    expect(server.calls).toHaveLength(COUNT);
  });

  it('with several passes returns means with their spread, and pays once for each pass', async () => {
    await serve();
    const { spending } = await bench.run(server, { passes: 3 });
    expect(spending.calls).toBe(3 * COUNT);
    expect(new Set(server.calls.map(({ hash }) => hash)).size).toBe(3 * COUNT);
    const answers = answersOf(await bench.read());
    const spreads = answers.flatMap((answer) =>
      'reward' in answer ? Object.values(answer.reward.spread!) : [],
    );
    expect(spreads).toHaveLength(COUNT * PERSPECTIVES.length);
    expect(Math.max(...spreads)).toBeGreaterThan(0.5);
    await rm(bench.journal);
    expect(await bench.run(server, { passes: 3 })).toMatchObject({
      spending: { calls: 0, stored: 3 * COUNT },
    });
  });

  it.each(['real-edit-like', 'viescore-like'] as const)(
    'with the protocol %s has its measures',
    async (protocol) => {
      await serve();
      expect(await bench.run(server, { protocol })).toMatchObject({ summary: { judged: COUNT } });
      for (const answer of answersOf(await bench.read())) {
        expect(Object.keys('reward' in answer ? answer.reward.scores : {})).toEqual(PERSPECTIVES);
        const measures = 'reward' in answer ? Object.keys(answer.measures!) : [];
        expect(measures).toEqual(
          protocol === 'viescore-like'
            ? ['viescore.SC', 'viescore.PQ', 'viescore.O']
            : PERSPECTIVES.map((name) => `real-edit.${name}`),
        );
      }
    },
  );

  it('over the Responses API has scores, too', async () => {
    await serve();
    expect(await bench.run(server, { api: 'responses' })).toMatchObject({ summary: { judged: COUNT } });
    expect(new Set(server.calls.map(({ path }) => path))).toEqual(new Set(['/v1/responses']));
  });

  it('on Azure uses its address and headers', async () => {
    await serve({ key: 'sk-azure-0123456789' });
    const proxy = await startProxy(server.url, ['mine.openai.azure.com']);
    onTestFinished(async () => proxy.close());
    useProxy(proxy);
    const azure = {
      judge: 'azure:my-deployment',
      baseUrl: 'https://mine.openai.azure.com',
      environment: { AZURE_OPENAI_API_KEY: 'sk-azure-0123456789' },
    };
    expect(await bench.run(server, azure)).toMatchObject({ summary: { judged: COUNT } });
    for (const { path, headers } of server.calls) {
      expect(path).toMatch(/^\/openai\/deployments\/my-deployment\/chat\/completions\?api-version=/);
      expect(headers['api-key']).toBe('sk-azure-0123456789');
    }
    expect(await bench.read()).not.toContain('sk-azure');
  });
});

describe('a run in which each call meets', () => {
  it.each([
    ['limited', 'exhausted'],
    ['limited-retry-after', 'exhausted'],
    ['error', 'failed'],
    ['reset', 'failed'],
    ['broken-json', 'failed'],
  ] as const)('%s ends as "%s", sets nothing aside, and resumes later', async (fault, code) => {
    hurry();
    await serve({ fault: () => fault });
    const { error } = await bench.run(server, { patience: 2 });
    expect(error).toMatchObject({ code, where: `${server.url}/chat/completions` });
    expect(await bench.read()).toBe('');
    vi.restoreAllMocks();
    await server.close();
    await serve();
    expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT } });
    expect(await bench.read()).toBe(whole);
  });

  it('a hang ends as "failed"', async () => {
    await serve({ fault: () => 'hang' });
    expect((await bench.run(server, { timeout: 0.1, patience: 0.5 })).error).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('no reply within 0.1 s'),
    });
    expect(await bench.read()).toBe('');
  });

  it.each([
    ['cut-off', 3, 'all: cut off: the reply is longer than allowed (3 times)', /^\{"changes":"It diff/],
    ['refusal', 2, 'all: refusal: the model refused (2 times)', /^I'm sorry/],
  ] as const)(
    '%s sets each triplet aside with the replies, and asks again only when told',
    async (fault, times, reason, reply) => {
      await serve({ fault: () => fault });
      expect(await bench.run(server)).toMatchObject({ summary: { judged: 0, quarantined: COUNT } });
      for (const answer of answersOf(await bench.read()))
        expect(answer).toMatchObject({ id: answer.id, missing: reason, judge: { name: 'compatible:m' } });
      const aside = await bench.quarantined();
      expect(aside).toHaveLength(COUNT);
      for (const { replies, ...why } of aside) {
        expect(why).toEqual({ id: expect.any(String), reason });
        expect(replies).toEqual(Array<unknown>(times).fill(expect.stringMatching(reply)));
      }
      expect(server.calls).toHaveLength(times * COUNT);
      expect(await bench.run(server)).toMatchObject({ summary: { answeredBefore: COUNT } });
      expect(server.calls).toHaveLength(times * COUNT);
      await server.close();
      await serve();
      expect(await bench.run(server, { retryQuarantined: true })).toMatchObject({
        summary: { judged: COUNT },
      });
      expect(server.calls).toHaveLength(COUNT);
      expect(await bench.read()).toBe(whole);
      expect(await bench.quarantined()).toEqual([]);
    },
  );

  it.each([
    ['401', rejection(401, 'invalid_api_key'), 'authentication', 1],
    // A 403 may be about the key or the question.
    ['403', rejection(403, 'forbidden'), 'authentication', 17],
    ['404', rejection(404, 'model_not_found'), 'bad-input', 1],
    ['a used up quota', rejection(429, 'insufficient_quota'), 'exhausted', 1],
  ] as const)('%s ends at once, and sets nothing aside', async (_, response, code, calls) => {
    await serve({ fault: () => response });
    expect((await bench.run(server)).error).toMatchObject({ code });
    expect(server.calls.length).toBeLessThanOrEqual(calls);
    expect(await bench.read()).toBe('');
  });

  it('400 ends as bad input; once that is fixed, the same command asks about all', async () => {
    await serve({ fault: () => rejection(400, 'unsupported_parameter') });
    expect((await bench.run(server)).error).toMatchObject({
      code: 'bad-input',
      message: 'the server rejects every request: 400 Why.',
      hint: expect.stringContaining('the same command again'),
    });
    await server.close();
    await serve();
    expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT } });
    expect(await bench.read()).toBe(whole);
  });

  it("400 does not block the fix, which changes the judge's version", async () => {
    await serve({ latency: 5, fault: () => rejection(400, 'unsupported_parameter') });
    expect((await bench.run(server)).error).toMatchObject({ code: 'bad-input' });
    expect(answersOf(await bench.read()).filter((each) => !('askAgain' in each))).toEqual([]);
    await server.close();
    await serve();
    const remedy = { detail: 'low' } as const;
    expect(await bench.run(server, remedy)).toMatchObject({ summary: { judged: COUNT, quarantined: 0 } });
    expect(answersOf(await bench.read()).filter((each) => 'missing' in each)).toEqual([]);
  });
});

describe('a run in which one call of five goes wrong', () => {
  it('ends with the journal of a run without failures, and pays for nothing twice', async () => {
    hurry();
    const random = createRandom(1, 'faults');
    // Without refusals and cut-offs: two of these leave a triplet without an answer, as they should.
    const passing = FAULTS.filter((fault) => !['cut-off', 'refusal', 'hang'].includes(fault));
    await serve({ latency: 2, fault: () => (random.uniform() < 0.2 ? random.pick(passing) : undefined) });
    expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT, quarantined: 0 } });
    expect(await bench.read()).toBe(whole);
    expect(server.calls.length).toBeGreaterThan(COUNT);
    expect(paidTwice(server)).toEqual([]);
  });

  it('has an answer or a reason for each triplet, whatever goes wrong', async () => {
    const random = createRandom(2, 'faults');
    await serve({ latency: 2, fault: () => (random.uniform() < 0.2 ? random.pick(FAULTS) : undefined) });
    const { summary } = await bench.run(server, { timeout: 0.5 });
    expect(summary!.judged + summary!.quarantined).toBe(COUNT);
    expect(summary!.judged).toBeGreaterThan(COUNT / 2);
    const expected = new Map(answersOf(whole).map((answer) => [answer.id, answer]));
    for (const answer of answersOf(await bench.read()))
      expect(answer).toEqual(
        answer.missing === undefined ? expected.get(answer.id) : { id: answer.id, missing: answer.missing },
      );
    expect(paidTwice(server)).toEqual([]);
  });
});

describe('a server', () => {
  it('that accepts few calls at once is used at its limit', async () => {
    hurry();
    await serve({ latency: 20, most: 4 });
    expect(await bench.run(server, { concurrency: 32 })).toMatchObject({ summary: { judged: COUNT } });
    expect(await bench.read()).toBe(whole);
    expect(paidTwice(server)).toEqual([]);
  });

  it('that dies in the middle ends the run, which resumes where it stopped', async () => {
    hurry();
    await serve({ latency: 5, fault: (number) => (number >= 10 ? 'reset' : undefined) });
    const { error } = await bench.run(server, {
      concurrency: 2,
      emit: ({ type }) => {
        if (type === 'judged') void server.close();
      },
    });
    expect(error).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('the server does not answer'),
    });
    const answered = answersOf(await bench.read());
    expect(answered.length).toBeLessThan(COUNT);
    for (const answer of answered) expect(answer).not.toHaveProperty('missing');
    const { calls } = server;
    const kept = calls.filter(({ fault }) => fault === undefined).length;
    await serve();
    const { spending } = await bench.run(server);
    expect(await bench.read()).toBe(whole);
    expect(spending.calls).toBeGreaterThanOrEqual(COUNT - kept);
    const earlier = new Set(answered.map(({ id }) => id));
    expect(spending.calls).toBeLessThanOrEqual(COUNT - earlier.size);
  });
});

describe('an awkward server', () => {
  it.each([
    ...(['thinking', 'preamble', 'code-block', 'reasoning-field', 'parts'] as const),
    ...(['event-stream', 'compressed', 'blank-lines'] as const),
  ])('whose good replies come as %s is read like any other, over both APIs', async (fault) => {
    await serve({ fault: () => fault });
    expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT, quarantined: 0 } });
    expect(await bench.read()).toBe(whole);
    expect(server.calls).toHaveLength(COUNT);
    expect(await place.createBench().run(server, { api: 'responses' })).toMatchObject({
      summary: { judged: COUNT, quarantined: 0 },
    });
  });

  it.each(['other-field', 'bare-quotes'] as const)(
    'whose replies are unreadable (%s) is asked in other words each time, and all that it sent is kept',
    async (fault) => {
      for (const api of ['chat', 'responses'] as const) {
        await serve({ fault: () => fault });
        const own = place.createBench();
        expect(await own.run(server, { api })).toMatchObject({ summary: { judged: 0, quarantined: COUNT } });
        expect(server.calls).toHaveLength(3 * COUNT);
        expect(new Set(server.calls.map(({ hash }) => hash)).size).toBe(3 * COUNT);
        for (const { replies } of await own.quarantined()) {
          expect(replies).toHaveLength(3);
          for (const each of replies!) expect(each).toContain('It differs.');
        }
        await server.close();
      }
    },
  );

  it('that reports a rate limit in a reply is asked again, and nothing is counted for it', async () => {
    hurry();
    await serve({ fault: (number) => (number % 4 === 0 ? undefined : 'limited-in-body') });
    const { summary, spending } = await bench.run(server);
    expect(summary).toMatchObject({ judged: COUNT, quarantined: 0 });
    expect(await bench.read()).toBe(whole);
    await server.close();
    const { spending: alone } = await place.createBench().run(await serve());
    expect(spending).toMatchObject({ unreported: 0, tokens: alone.tokens });
  });

  it.each(['page', 'no-choices', 'cut-body'] as const)(
    'that sends something else now and then (%s) is asked again',
    async (fault) => {
      hurry();
      const asked = new Set<string>();
      await serve({
        fault(number, { hash }) {
          const isFirst = !asked.has(hash);
          asked.add(hash);
          return isFirst && number % 4 === 1 ? fault : undefined;
        },
      });
      expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT, quarantined: 0 } });
      expect(await bench.read()).toBe(whole);
      expect(paidTwice(server)).toEqual([]);
    },
  );

  it.each([
    ['page', 'failed', /^the server sends no readable response: .* it begins: <html>.*502 Bad Gateway/],
    ['no-choices', 'failed', /^the server sends no readable response: .* it begins: \{"id"/],
    ['cut-body', 'failed', /^the server does not answer: /],
    ['error', 'failed', /^the server fails at every call: 500 /],
    // llama.cpp's message for a model without its vision part: no retry helps.
    ['blind', 'bad-input', /^the server rejects every request: 500 image input is not supported/],
  ] as const)('that sends nothing else (%s) ends the run with what came', async (fault, code, message) => {
    hurry();
    await serve({ fault: () => fault });
    expect((await bench.run(server)).error).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    // At most six times about the eight triplets that show it, and once if no retry helps.
    expect(server.calls.length).toBeLessThanOrEqual(fault === 'blind' ? COUNT : 6 * COUNT);
    const answers = await bench.read();
    expect(answers === '' || answersOf(answers).every((each) => 'askAgain' in each)).toBe(true);
  });

  it('whose filter withholds replies is asked once about each triplet', async () => {
    await serve({ fault: (number) => (number % 6 === 0 ? 'filtered' : undefined) });
    expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT - 4, quarantined: 4 } });
    for (const { reason } of await bench.quarantined()) expect(reason).toMatch(/^all: content filter: /);
    expect(server.calls).toHaveLength(COUNT);
  });

  it('that reports another error in a reply ends the run with its message', async () => {
    await serve({ fault: () => 'error-in-body' });
    expect((await bench.run(server)).error).toMatchObject({
      message: expect.stringContaining('nothing is served at this address'),
    });
    expect(server.calls.length).toBeLessThan(2 * COUNT);
  });

  it.each(['flagged', 'forbidden'] as const)(
    'that refuses single questions with 403 (%s), even the first, scores all others',
    async (fault) => {
      const poison = new Set<string>();
      await serve({
        latency: 5,
        fault(number, { hash }) {
          if (number % 6 === 0) poison.add(hash);
          return poison.has(hash) ? fault : undefined;
        },
      });
      expect(await bench.run(server)).toMatchObject({ summary: { judged: COUNT - 4, quarantined: 4 } });
      for (const { reason } of await bench.quarantined()) {
        expect(reason).toMatch(/^all: (withheld|content filter): 403 /);
        expect(reason).not.toContain('key');
      }
      expect(await bench.run(server)).toMatchObject({ summary: { answeredBefore: COUNT } });
      expect(server.calls).toHaveLength(COUNT);
    },
  );

  it('that stops accepting the key delivers the replies under way', async () => {
    await serve({ latency: 50, fault: (number) => (number === 12 ? rejection(401, 'expired') : undefined) });
    const { error } = await bench.run(server);
    expect(error).toMatchObject({ code: 'authentication' });
    const replied = server.calls.filter(({ fault }) => fault === undefined).length;
    expect(answersOf(await bench.read())).toHaveLength(replied);
  });

  it('that asks for a long wait ends the run at once with the time to come back', async () => {
    await serve({ fault: () => 'limited-for-long' });
    const told: EventBody[] = [];
    const { error } = await bench.run(server, {
      patience: 1,
      emit: (event) => void (event.type === 'waiting' && told.push(event)),
    });
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
    expect(told).toEqual([
      {
        ...{ type: 'waiting', what: 'the rate limit', until: expect.stringMatching(/Z$/) as string },
        why: expect.stringMatching(/^127.0.0.1:\d+ asks for it: 429 Daily quota used up$/) as string,
      },
    ]);
    expect(error).toMatchObject({
      code: 'exhausted',
      message: expect.stringContaining('429 Daily quota used up'),
      hint: expect.stringMatching(new RegExp(`again after ${time}: `)),
    });
    // No call is sent while all are held back.
    expect(server.calls.length).toBeLessThanOrEqual(8);
    expect(await bench.read()).toBe('');
  });

  it.each([true, false])('that loads its model first (silent: %s) is waited for', async (silent) => {
    await serve({ loading: { milliseconds: 700, silent } });
    expect(await bench.run(server, { timeout: 0.4, patience: 20 })).toMatchObject({
      summary: { judged: COUNT, quarantined: 0 },
    });
    expect(await bench.read()).toBe(whole);
  });

  it('that works on one call at a time is used at its limit, and answers every call', async () => {
    await serve({ slots: 1, latency: 50 });
    expect(await bench.run(server, { timeout: 0.5, concurrency: 32 })).toMatchObject({
      summary: { judged: COUNT, quarantined: 0 },
    });
    expect(await bench.read()).toBe(whole);
  });
});

describe('a judge that becomes useless', () => {
  let large: Workplace;
  const LARGE = 120;
  beforeAll(async () => {
    large = await createWorkplace(LARGE);
  });
  afterAll(() => large.remove());

  it.each(['billing', 'bare-quotes', 'refusal', 'forbidden'] as const)(
    '(%s) ends the run after about twenty triplets, which are asked about again',
    async (fault) => {
      const expected = large.createBench();
      await serve();
      await expected.run(server);
      await server.close();
      // Replies under way at that moment arrive after the first errors.
      await serve({ latency: 5, fault: (number) => (number >= 30 ? fault : undefined) });
      const broken = large.createBench();
      const { error } = await broken.run(server);
      expect(error).toMatchObject({
        code: 'failed',
        message: expect.stringMatching(/^\d\d triplets in a row got no usable reply, the last one: all: /),
      });
      expect(server.calls.length).toBeLessThan(1.5 * LARGE);
      const before = answersOf(await broken.read());
      expect(before.filter(({ missing }) => missing === undefined)).toHaveLength(30);
      await server.close();
      await serve();
      const aside = before.filter((each) => 'missing' in each && !('askAgain' in each)).length;
      // Questions that were asked before the end count as these triplets' own.
      expect(aside).toBeLessThanOrEqual(8);
      expect(await broken.run(server)).toMatchObject({ summary: { quarantined: 0 } });
      expect(answersOf(await broken.read()).filter(({ missing }) => missing === undefined)).toHaveLength(
        LARGE - aside,
      );
    },
  );

  it('for a block of triplets only is asked about the rest next time, and about no triplet twice', async () => {
    const poison = new Set<string>();
    await serve({
      // The first 25 triplets, however often each is asked about, and in whatever words.
      fault(_, { topic }) {
        if (poison.size < 25) poison.add(topic);
        return poison.has(topic) ? 'flagged' : undefined;
      },
    });
    const own = large.createBench();
    expect((await own.run(server, { concurrency: 1 })).error).toMatchObject({ code: 'failed' });
    // A triplet under way when the run ended may have been set aside.
    const before = answersOf(await own.read());
    const aside = before.filter((each) => 'missing' in each && !('askAgain' in each)).length;
    expect(aside).toBeLessThanOrEqual(2);
    expect(await own.run(server, { concurrency: 1 })).toMatchObject({ summary: { quarantined: 25 - aside } });
    expect(await own.run(server)).toMatchObject({ summary: { judged: 0, answeredBefore: LARGE } });
    expect(paidTwice(server)).toEqual([]);
  });
});

describe('a budget', () => {
  const PRICES = { input: 100, output: 200 };

  it.each(['cost', 'tokens', 'calls'] as const)(
    'of %s ends the run before more is used, and keeps what is under way',
    async (what) => {
      await serve({ latency: 10 });
      const models = join(place.folder, 'models.json');
      await writeFile(models, JSON.stringify({ models: [{ model: 'm', vision: true, prices: PRICES }] }));
      const limit = { cost: 1.5, tokens: 15_000, calls: 9 }[what];
      const { error, spending } = await bench.run(server, { models, budget: { [what]: limit } });
      expect(error).toMatchObject({
        code: 'exhausted',
        message: expect.stringContaining('the budget is used up'),
      });
      const used = {
        cost: spending.dollars!,
        tokens: spending.tokens.input + spending.tokens.output,
        calls: spending.calls,
      };
      expect(used[what]).toBeLessThanOrEqual(limit);
      expect(used[what]).toBeGreaterThan(0);
      expect(server.calls).toHaveLength(spending.calls);
      const answered = answersOf(await bench.read()).length;
      expect(answered).toBe(spending.calls);
      // With a larger budget it continues, and pays only for the rest.
      expect(await bench.run(server, { models })).toMatchObject({
        spending: { calls: COUNT - answered },
      });
      expect(paidTwice(server)).toEqual([]);
    },
  );

  it('that is used up within a triplet keeps its other replies', async () => {
    await serve({ latency: 20 });
    // Three questions per triplet.
    const { error } = await bench.run(server, {
      protocol: 'real-edit-like',
      budget: { calls: 10 },
      concurrency: 16,
    });
    expect(error).toMatchObject({ code: 'exhausted' });
    expect(server.calls).toHaveLength(10);
    const { spending } = await bench.run(server, { protocol: 'real-edit-like' });
    expect(spending).toMatchObject({ calls: 3 * COUNT - 10 });
    expect(paidTwice(server)).toEqual([]);
  });
});

it('a stopped run keeps what is under way, within triplets too, and resumes to the same journal', async () => {
  await serve({ latency: 20 });
  const stop = new AbortController();
  const options = { protocol: 'viescore-like', concurrency: 5 } as const;
  const { error } = await bench.run(server, {
    ...options,
    signal: stop.signal,
    emit: ({ type }) => {
      if (type === 'judged') stop.abort();
    },
  });
  expect(error).toMatchObject({ code: 'interrupted' });
  const before = server.calls.length;
  expect(before).toBeLessThan(2 * COUNT);
  expect(await bench.run(server, options)).toMatchObject({ spending: { calls: 2 * COUNT - before } });
  expect(paidTwice(server)).toEqual([]);
  const straight = place.createBench();
  await straight.run(server, options);
  expect(await bench.read()).toBe(await straight.read());
});
