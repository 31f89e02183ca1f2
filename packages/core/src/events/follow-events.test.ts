import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followEvents, readEvents } from './follow-events.ts';
import { startRun } from './start-run.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-follow-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const line = (seq: number, message = `${seq}`, run = 'a') =>
  `${JSON.stringify({ seq, time: '2026-01-02T03:04:05Z', run, host: 'h', type: 'log', message })}\n`;

/** Follows the file until it has returned `count` events; calls `next` with the number so far after each group. */
async function follow(count: number, next: (seen: number) => Promise<void> | undefined) {
  const seen: string[] = [];
  for await (const events of followEvents(path, { pollMilliseconds: 5 })) {
    for (const event of events) if (event.type === 'log') seen.push(`${event.run}${event.message}`);
    if (seen.length >= count) break;
    void next(seen.length);
  }
  return seen;
}

describe('followEvents', () => {
  it('waits for the file, for new lines, and for the rest of a partial line', async () => {
    const following = follow(3, async (count) => {
      if (count === 1) await appendFile(path, line(2).slice(30) + line(3, 'grün'));
    });
    await sleep(30);
    await writeFile(path, line(1) + line(2).slice(0, 30));
    expect(await following).toEqual(['a1', 'a2', 'agrün']);
  });

  it('reads the line that replaces a partial one', async () => {
    await writeFile(path, line(1) + line(2, 'a long one that is never finished').slice(0, 60));
    const seen = await follow(3, async (count) => {
      if (count !== 1) return;
      await sleep(20);
      // As a journal does when it is reopened.
      await truncate(path, Buffer.byteLength(line(1)));
      await appendFile(path, line(2) + line(3));
    });
    expect(seen).toEqual(['a1', 'a2', 'a3']);
  });

  it('starts over when the file is replaced or truncated', async () => {
    await writeFile(path, line(1) + line(2));
    const seen = await follow(6, async (count) => {
      if (count === 2) {
        await writeFile(`${path}.new`, line(1, 'x', 'b') + line(2, 'x', 'b') + line(3, 'x', 'b'));
        await rename(`${path}.new`, path);
      }
      if (count === 5) await writeFile(path, line(1, 'y', 'c'));
    });
    expect(seen).toEqual(['a1', 'a2', 'bx', 'bx', 'bx', 'cy']);
  });

  it('ends when its signal fires', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    for await (const events of followEvents(path, { signal: controller.signal })) expect(events).toEqual([]);
    expect(controller.signal.aborted).toBe(true);
  });

  it('reads the events of a run while they are written', async () => {
    const run = await startRun({ folder, command: 'train' });
    const steps: number[] = [];
    const reading = (async () => {
      for await (const events of followEvents(path, { pollMilliseconds: 5 })) {
        for (const event of events) if (event.type === 'step') steps.push(event.step);
        if (events.some(({ type }) => type === 'run-finished')) break;
      }
    })();
    for (let step = 1; step <= 50; step++) {
      run.emit({ type: 'step', step, metrics: {} });
      await sleep(4);
    }
    await run.finish({ status: 'done' });
    await reading;
    expect(steps).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});

describe('readEvents', () => {
  it('skips lines of any length that are not events, and a partial last line', async () => {
    const long = 'x'.repeat(20_000_000);
    await writeFile(path, `${line(1)}garbage\n${long}\n\u0000\u0000\n${line(2)}${line(3).slice(0, 40)}`);
    const seen: number[] = [];
    for await (const events of readEvents(path)) seen.push(...events.map(({ seq }) => seq));
    expect(seen).toEqual([1, 2]);
  });

  it('reads lines longer than one chunk of the file', async () => {
    const message = 'm'.repeat(1_000_000);
    await writeFile(path, line(1, message) + line(2));
    const seen: number[] = [];
    for await (const events of readEvents(path)) seen.push(...events.map(({ seq }) => seq));
    expect(seen).toEqual([1, 2]);
  });
});
