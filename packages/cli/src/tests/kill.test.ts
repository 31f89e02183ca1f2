import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@rewardedit/core';
import { encodePicture, readPicture } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const isLong = process.env['REWARDEDIT_LONG'] === '1';
if (!isLong) process.stderr.write('SKIPPED: edits killed at random moments (REWARDEDIT_LONG=1 runs it)\n');

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command to its end, or until `killWhen` is true; then it is killed as a power cut would. */
async function run(
  args: readonly string[],
  killWhen?: () => Promise<boolean>,
): Promise<{ code: number | null; killed: boolean }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (!killWhen) return { code: await code, killed: false };
  for (;;) {
    if (child.exitCode !== null) return { code: child.exitCode, killed: false };
    if (await killWhen()) {
      const killed = child.kill('SIGKILL');
      return { code: await code, killed };
    }
    await sleep(5);
  }
}

async function sizeOf(path: string): Promise<number> {
  return existsSync(path) ? (await stat(path)).size : 0;
}

const lines = async (path: string) => (await readFile(path, 'utf8')).trimEnd().split('\n');

describe('a command that is killed in the middle', () => {
  it('annotate: loses only what was in flight, and ends with the same journal', async () => {
    const straight = join(folder, 'scenes');
    const killed = join(folder, 'scenes-killed');
    for (const data of [straight, killed]) {
      expect(await run(['data', 'scenes', data, '--count', '600', '--seed', '5'])).toMatchObject({ code: 0 });
    }
    expect((await run(['annotate', straight, '--judge', 'oracle'])).code).toBe(0);
    const expected = await readFile(join(straight, 'rewards.jsonl'));

    const journal = join(killed, 'rewards.jsonl');
    let kills = 0;
    for (const share of [0.2, 0.5, 0.8]) {
      const before = await sizeOf(journal);
      const { killed: wasKilled } = await run(
        ['annotate', killed, '--judge', 'oracle'],
        async () => (await sizeOf(journal)) > share * expected.length,
      );
      if (wasKilled) kills += 1;
      // Whole lines that were there are never taken back.
      const text = await readFile(journal, 'utf8');
      expect(text.length).toBeGreaterThanOrEqual(before);
      const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
      expect(expected.toString('utf8').split('\n')).toEqual(expect.arrayContaining(whole));
    }
    expect(kills).toBeGreaterThan(0);
    expect((await run(['annotate', killed, '--judge', 'oracle'])).code).toBe(0);
    expect((await readFile(journal)).equals(expected)).toBe(true);
  }, 120_000);

  it('train: loses only the steps since the last checkpoint, and ends with the same bits', async () => {
    const data = join(folder, 'scenes');
    const options = (out: string) =>
      [
        `train ${data} --out ${out} --size 16 --steps 12 --batch-size 4 --seed 1`,
        '--checkpoint-every 2 --sample-count 0 --threads 1',
      ].flatMap((words) => words.split(' '));
    const straight = join(folder, 'straight');
    const killed = join(folder, 'killed');
    expect((await run(options(straight))).code).toBe(0);

    const events = join(killed, 'events.jsonl');
    const stepsSeen = async () =>
      existsSync(events) ? (await lines(events)).filter((line) => line.includes('"type":"step"')).length : 0;
    let kills = 0;
    for (const steps of [3, 6]) {
      const before = await stepsSeen();
      if ((await run(options(killed), async () => (await stepsSeen()) >= before + steps)).killed) kills += 1;
    }
    expect(kills).toBe(2);
    expect((await run(options(killed))).code).toBe(0);
    const resumed = (await lines(events)).filter((line) => /"type":"resumed","step":[1-9]/.test(line));
    expect(resumed.length).toBeGreaterThan(0);
    for (const file of ['unet/diffusion_pytorch_model.safetensors', 'text_encoder/model.safetensors']) {
      const [a, b] = await Promise.all([straight, killed].map((out) => readFile(join(out, 'model', file))));
      expect(a.equals(b), file).toBe(true);
    }
  }, 180_000);

  describe('edit', () => {
    const PICTURES = 4;
    const FAST = ['--steps', '1', '--size', '32', '--threads', '1'];
    let random = createRandom(1, 'kill');
    beforeAll(async () => {
      await mkdir(join(folder, 'pictures'));
      const jobs = await Promise.all(
        Array.from({ length: PICTURES }, async (_, i) => {
          const data = new Uint8Array(3 * 24 * 16).map((__, at) => (at * (i + 7)) % 256);
          const path = join(folder, 'pictures', `${i}.png`);
          await writeFile(path, await encodePicture({ width: 24, height: 16, data }, { format: 'png' }));
          return `${JSON.stringify({ picture: path, instruction: 'make it warmer' })}\n`;
        }),
      );
      await writeFile(join(folder, 'jobs.jsonl'), jobs.join(''));
    });

    const picturesIn = async (out: string) =>
      existsSync(out) ? (await readdir(out)).filter((name) => /^[^.].*\.png$/.test(name)).toSorted() : [];

    /** Edits in one go, and with kills, after each of which what is there is whole; in the end both have made the same, once. */
    async function killAndCompare(name: string, words: readonly string[], moments: readonly KillMoment[]) {
      const [straight, killed] = [name, `${name}-killed`].map((out) => join(folder, out));
      const command = (out: string) => ['edit', ...words, '--out', out, ...FAST];
      expect((await run(command(straight))).code).toBe(0);
      const made = await picturesIn(straight);
      let kills = 0;
      for (const moment of moments) {
        if ((await run(command(killed), await moment(killed, made.length))).killed) kills += 1;
        for (const each of await picturesIn(killed)) await readPicture(join(killed, each));
      }
      expect((await run(command(killed))).code).toBe(0);
      expect((await readdir(killed)).toSorted()).toEqual((await readdir(straight)).toSorted());
      for (const each of [...made, 'edits.jsonl']) {
        const [one, other] = await Promise.all([straight, killed].map((out) => readFile(join(out, each))));
        expect(one.equals(other), each).toBe(true);
      }
      expect(await lines(join(killed, 'edits.jsonl'))).toHaveLength(PICTURES);
      return kills;
    }

    /** When a command is to die: what it is asked again and again. */
    type KillMoment = (out: string, pictures: number) => Promise<() => Promise<boolean>>;
    /** As soon as so large a share of the pictures is there, of which the last is not in the journal yet. */
    const afterShare =
      (share: number): KillMoment =>
      async (out, pictures) =>
      async () =>
        (await picturesIn(out)).length >= share * pictures;
    const atRandom: KillMoment = async () => {
      const end = performance.now() + random.uniform() * 3000;
      return async () => performance.now() > end;
    };

    it('a list of jobs in variations: nothing is lost, doubled, or written by half', async () => {
      const words = [join(folder, 'jobs.jsonl'), '--variations', '2'];
      expect(await killAndCompare('variations', words, [afterShare(0.1), afterShare(0.6)])).toBeGreaterThan(
        0,
      );
    }, 120_000);

    it.skipIf(!isLong).each([
      ['folder', ['pictures', 'make it warmer']],
      ['jobs', ['jobs.jsonl']],
      ['varied', ['jobs.jsonl', '--variations', '3']],
      ['swept', ['pictures', 'make it warmer', '--sweep', 'seed=0..3']],
    ])(
      '%s: the same at random moments',
      async (name, [source, ...words]) => {
        random = createRandom(2, name);
        const moments = Array.from({ length: 20 }, () => atRandom);
        expect(await killAndCompare(name, [join(folder, source), ...words], moments)).toBeGreaterThan(0);
      },
      600_000,
    );
  });
});
