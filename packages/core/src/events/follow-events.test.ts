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

/** Follows the file until it has told of `count` events. */
async function follow(count: number, whileItGoes: (seen: number) => Promise<void> | undefined) {
  const seen: string[] = [];
  for await (const events of followEvents(path, { pollMilliseconds: 5 })) {
    for (const event of events) if (event.type === 'log') seen.push(`${event.run}${event.message}`);
    if (seen.length >= count) break;
    void whileItGoes(seen.length);
  }
  return seen;
}

describe('followEvents', () => {
  it('waits for the file, then for more, and for the rest of a line that breaks off', async () => {
    const writing = (async () => {
      await sleep(30);
      await writeFile(path, line(1) + line(2).slice(0, 30));
      await sleep(30);
      await appendFile(path, line(2).slice(30) + line(3, 'grün'));
    })();
    expect(await follow(3, () => undefined)).toEqual(['a1', 'a2', 'agrün']);
    await writing;
  });

  it('sees the line that takes the place of one that broke off', async () => {
    await writeFile(path, line(1) + line(2, 'a long one that is never finished').slice(0, 60));
    const seen = await follow(3, async (count) => {
      if (count !== 1) return;
      await sleep(20);
      // As a journal does it that is opened again.
      await truncate(path, Buffer.byteLength(line(1)));
      await appendFile(path, line(2) + line(3));
    });
    expect(seen).toEqual(['a1', 'a2', 'a3']);
  });

  it('begins anew with another file of the same name, and with one that was emptied', async () => {
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

  it('ends when it is told to', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    for await (const events of followEvents(path, { signal: controller.signal })) expect(events).toEqual([]);
    expect(controller.signal.aborted).toBe(true);
  });

  it('reads what a run writes while it is written', async () => {
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
  it('passes over lines that are none, however long, and a last one that breaks off', async () => {
    const long = 'x'.repeat(20_000_000);
    await writeFile(path, `${line(1)}garbage\n${long}\n\u0000\u0000\n${line(2)}${line(3).slice(0, 40)}`);
    const seen: number[] = [];
    for await (const events of readEvents(path)) seen.push(...events.map(({ seq }) => seq));
    expect(seen).toEqual([1, 2]);
  });

  it('reads lines that are longer than a part of the file', async () => {
    const message = 'm'.repeat(1_000_000);
    await writeFile(path, line(1, message) + line(2));
    const seen: number[] = [];
    for await (const events of readEvents(path)) seen.push(...events.map(({ seq }) => seq));
    expect(seen).toEqual([1, 2]);
  });
});
