import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-kill-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command to its end, or until `killWhen` is true; then it is killed as a power cut would. */
async function run(
  args: readonly string[],
  killWhen?: (pid: number) => Promise<boolean>,
): Promise<{ code: number | null; killed: boolean }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: 'ignore' });
  const code = new Promise<number | null>((resolve) => child.on('exit', resolve));
  if (!killWhen) return { code: await code, killed: false };
  for (;;) {
    if (child.exitCode !== null) return { code: child.exitCode, killed: false };
    if (await killWhen(child.pid!)) {
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
    const restarted: boolean[] = [];
    for (const steps of [3, 6]) {
      const before = await stepsSeen();
      const { killed: wasKilled } = await run(options(killed), async (pid) => {
        if ((await stepsSeen()) < before + steps) return false;
        if (process.platform === 'linux' && 'execve' in process)
          restarted.push((await readFile(`/proc/${pid}/environ`, 'utf8')).includes('MALLOC_ARENA_MAX=1'));
        return true;
      });
      if (wasKilled) kills += 1;
    }
    expect(kills).toBe(2);
    // The process that was started is the one that trains, with the memory that it wants.
    expect(restarted).not.toContain(false);
    expect((await run(options(killed))).code).toBe(0);
    const resumed = (await lines(events)).filter((line) => /"type":"resumed","step":[1-9]/.test(line));
    expect(resumed.length).toBeGreaterThan(0);
    for (const file of ['unet/diffusion_pytorch_model.safetensors', 'text_encoder/model.safetensors']) {
      const [a, b] = await Promise.all([straight, killed].map((out) => readFile(join(out, 'model', file))));
      expect(a.equals(b), file).toBe(true);
    }
  }, 180_000);
});
