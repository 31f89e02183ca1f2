import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJudgeServer, type JudgeServer, type JudgeServerOptions } from '@rewardedit/annotate/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { drawScenes, judgeWords, storedReplies } from './judged-scenes.test.helper.ts';
import { runCli, runJson, startCli } from './run-cli.test.helper.ts';

const COUNT = 20;

let folder: string;
let scenes: string;
let models: string;
let server: JudgeServer;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-judge-'));
  scenes = await drawScenes(folder, COUNT);
  models = join(folder, 'models.json');
  const prices = { input: 100, output: 200 };
  await writeFile(models, JSON.stringify({ models: [{ model: 'm', vision: true, prices }] }));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => server.close());

async function serve(options: JudgeServerOptions = {}): Promise<void> {
  server = await startJudgeServer(options);
}

/** The words of a command whose answers go to a folder of their own. */
function words(...more: string[]): { command: string[]; out: string; rewards: string } {
  const out = join(folder, `run-${(runs += 1)}`);
  const rewards = join(out, 'rewards.jsonl');
  return { command: [...judgeWords(scenes, server.url, '--rewards', rewards), ...more], out, rewards };
}

describe('annotate with a language model', () => {
  test('prints what was judged and what was used, and asks nothing the second time', async () => {
    await serve();
    const { command, out } = words('--model-table', models);
    const first = await runCli(command);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(/^instruction following +\d\.\d\d +\d\.\d\d +20 +0$/m);
    expect(first.stdout).toMatch(/^Used: 20 calls, [\d,]+ tokens in, [\d,]+ out, \$\d+\.\d\d\.$/m);
    expect(await storedReplies(join(out, 'replies'))).toHaveLength(COUNT);
    const { document } = await runJson(command);
    expect(document).toMatchObject({
      judged: 0,
      answeredBefore: COUNT,
      judge: { name: 'compatible:m' },
      spending: { calls: 0, dollars: 0 },
    });
    expect(server.calls).toHaveLength(COUNT);
  });

  test('says what it would cost, without a key and without asking', async () => {
    await serve();
    const { command, out } = words('--model-table', models, '--dry-run');
    const openai = command
      .filter((word) => word !== '--base-url' && word !== server.url)
      .map((word) => (word === 'compatible:m' ? 'openai:m' : word));
    const { stdout, exitCode } = await runCli(openai);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Triplets +20 without an answer\nCalls +20\nTokens in .*\nTokens out .*\nCost +\$.* to \$/,
    );
    expect(server.calls).toEqual([]);
    expect(await storedReplies(out)).toEqual([]);
    expect((await runCli(openai.filter((word) => word !== '--dry-run'))).exitCode).toBe(4);
  });

  test('ends with 68 where triplets are set aside, and asks again when told', async () => {
    let refusing = true;
    await serve({ fault: (number) => (refusing && number % 2 === 0 ? 'refusal' : undefined) });
    const { command, out } = words('--concurrency', '1');
    const partial = await runCli(command);
    expect(partial.exitCode).toBe(68);
    const lines = (await readFile(join(out, 'quarantine.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(partial.stderr).toContain(
      `\n${lines.length} of 20 triplets lack a complete reward; see ${join(out, 'quarantine.jsonl')} for the reasons.`,
    );
    expect(JSON.parse(lines[0])).toMatchObject({
      reason: 'all: refusal: the model refused (2 times)',
      replies: ["I'm sorry, I can't help with that.", "I'm sorry, I can't help with that."],
    });
    refusing = false;
    expect((await runCli(command)).exitCode).toBe(68);
    const complete = await runJson([...command, '--retry-quarantined']);
    expect(complete.exitCode).toBe(0);
    expect(complete.document).toMatchObject({ judged: lines.length, quarantined: 0 });
  });

  test.each([
    [401, 'invalid_api_key', 4, 'the server refuses the key: 401 Why.'],
    [404, 'model_not_found', 3, 'the server does not know the model or the address: 404 Why.'],
    [400, 'unsupported', 3, 'the server rejects every request: 400 Why.'],
    [429, 'insufficient_quota', 5, 'the account has no credit left: 429 Why.'],
  ])('ends at %d %s with %d, and says what to do', async (status, code, exitCode, message) => {
    await serve({ fault: () => ({ status, body: { error: { message: 'Why.', code } } }) });
    const finished = await runJson(words().command);
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.document).toMatchObject({
      error: {
        message,
        exitCode,
        where: `${server.url}/chat/completions`,
        hint: expect.stringMatching(/\w/),
      },
    });
  });

  test('ends with 5 before more than --max-cost is spent, keeps what came, and goes on with more', async () => {
    await serve({ latency: 10 });
    const { command, out } = words('--model-table', models, '--concurrency', '4');
    const stopped = await runCli([...command, '--max-cost', '1.5']);
    expect(stopped.exitCode).toBe(5);
    expect(stopped.stderr).toMatch(/the budget is used up: \$[\d.]+ of \$1\.5 spent, and the next call may/);
    const [, calls, cost] = /^Used: (\d+) calls, .* \$(\d+\.\d+)$/m.exec(stopped.stderr)!;
    expect(Number(cost)).toBeLessThanOrEqual(1.5);
    expect(Number(calls)).toBe(server.calls.length);
    expect(await storedReplies(join(out, 'replies'))).toHaveLength(Number(calls));
    const finished = await runCli([...command, '--max-cost', '1000']);
    expect(finished.exitCode).toBe(0);
    expect(finished.stdout).toContain(`; the run so far: ${COUNT} calls, $`);
    expect(server.calls).toHaveLength(COUNT);
  });

  test('limits no cost that it cannot know', async () => {
    await serve();
    const finished = await runCli(words('--max-cost', '5').command);
    expect(finished.exitCode).toBe(2);
    expect(finished.stderr).toMatch(/the prices of m are not known[^]*where: --max-cost/);
    expect(server.calls).toEqual([]);
  });

  test("refuses another judge's journal", async () => {
    await serve();
    const { command, rewards } = words();
    await runCli(command);
    const { exitCode, stderr } = await runCli([...command, '--protocol', 'viescore-like']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /these answers are those of the judge compatible:m \w{16}, not compatible:m \w{16}/,
    );
    expect(stderr).toContain(`where: ${rewards}`);
  });

  test('asks by a protocol in a file, whose hash is in every record, and agreement compares it', async () => {
    await serve();
    const file = join(folder, 'mine.json');
    const question = (name: string, text: string, scores: object) => ({
      name,
      parts: [{ text }, { picture: 'edited' }],
      reply: { maxTokens: 200 },
      scores,
    });
    const range = [0, 10];
    const protocol = {
      name: 'mine',
      questions: [
        question(
          'SC',
          'Was this done: {instruction unfenced}? Reply {"score": [a, b], "reasoning": "..."}.',
          {
            following: { at: 'score.0', range, feedback: 'reasoning' },
            preserving: { at: 'score.1', range },
          },
        ),
        question('PQ', 'Is it well made? Reply {"score": [a, b], "reasoning": "..."}.', {
          quality: { at: ['score.0', 'score.1'], combine: 'min', range },
        }),
      ],
    };
    await writeFile(file, JSON.stringify(protocol));
    const mine = words('--protocol', file);
    expect((await runCli(mine.command)).exitCode).toBe(0);
    expect(server.calls).toHaveLength(2 * COUNT);
    const rewards = (await readFile(mine.rewards, 'utf8')).trimEnd().split('\n');
    const judges = rewards.map((line) => (JSON.parse(line) as { reward: { judge: object } }).reward.judge);
    expect(judges).toHaveLength(COUNT);
    for (const judge of judges)
      expect(judge).toMatchObject({
        protocol: 'mine',
        protocolHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
    const ours = words('--protocol', 'viescore-like');
    await runCli(ours.command);
    const compared = await runCli(['agreement', mine.rewards, ours.rewards]);
    expect(compared.exitCode).toBe(0);
    expect(compared.stdout).toContain('Spearman');
    await writeFile(file, JSON.stringify(protocol).replace('well made', 'well painted'));
    expect(await runCli(mine.command)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('these answers are those of the judge compatible:m') as string,
    });
  });

  test('is replayed without a key, byte for byte', async () => {
    await serve();
    const { command, rewards } = words('--passes', '2');
    await runCli(command);
    const journal = await readFile(rewards, 'utf8');
    await rm(rewards);
    const replay = command.map((word) => (word === 'compatible:m' ? 'replay:compatible:m' : word));
    const { document, exitCode } = await runJson(replay);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ spending: { calls: 0, stored: 2 * COUNT } });
    expect(await readFile(rewards, 'utf8')).toBe(journal);
  });

  test('stops at Ctrl-C with the replies under way kept, and goes on where it stopped', async () => {
    await serve({ latency: 150 });
    const { command, out, rewards } = words('--concurrency', '3');
    const { child, finished } = startCli(command);
    await expect.poll(() => server.calls.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(4);
    child.kill('SIGINT');
    const { exitCode, stderr } = await finished;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('the same command continues from there');
    const before = server.calls.length;
    expect(before).toBeLessThan(COUNT);
    expect(await storedReplies(join(out, 'replies'))).toHaveLength(before);
    expect((await runCli(command)).exitCode).toBe(0);
    expect(server.calls).toHaveLength(COUNT);
    const other = words();
    await runCli(other.command);
    expect(await readFile(rewards, 'utf8')).toBe(await readFile(other.rewards, 'utf8'));
  });
});
