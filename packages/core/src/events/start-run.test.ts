import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from './event-schema.ts';
import { readEvent } from './read-event.ts';
import { startRun } from './start-run.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-events-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

async function eventsOf(file = path): Promise<RunEvent[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => readEvent(line)!);
}

const begin = (options = {}) => startRun({ folder, command: 'train', ...options });

describe('startRun', () => {
  it('writes every event with run, number, host and time, in order', async () => {
    const run = await begin({ version: '1.2.3', config: { steps: 9 } });
    for (let step = 1; step <= 1000; step++) run.emit({ type: 'step', step, metrics: { loss: 1 / step } });
    await run.finish({ status: 'done' });
    const events = await eventsOf();
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 1002 }, (_, i) => i + 1));
    expect(new Set(events.map((event) => event.run)).size).toBe(1);
    expect(events[0]).toMatchObject({
      ...{ type: 'run-started', command: 'train', version: '1.2.3', config: { steps: 9 }, pid: process.pid },
      ...{ run: expect.stringMatching(/^train-\d{8}T\d{6}Z-/) as string, host: expect.any(String) as string },
    });
    expect(events.at(-2)).toMatchObject({ type: 'step', step: 1000 });
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', status: 'done' });
  });

  it('resumes an existing run after a torn line', async () => {
    const first = await begin();
    first.emit({ type: 'step', step: 1, metrics: {} });
    await first.finish({ status: 'interrupted' });
    await appendFile(path, '{"type":"step","seq":4,"ti');
    const second = await begin();
    second.emit({ type: 'resumed', step: 1 });
    await second.finish({ status: 'done' });
    const events = await eventsOf();
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(events.map(({ run }) => run)).size).toBe(1);
  });

  it('resumes after an event from a newer version', async () => {
    const first = await begin();
    await first.finish({ status: 'done' });
    const [{ run, host, time }] = await eventsOf();
    await appendFile(path, `${JSON.stringify({ seq: 3, time, run, host, type: 'dreamt' })}\n`);
    const second = await begin();
    await second.finish({ status: 'done' });
    const last = (await readFile(path, 'utf8')).trimEnd().split('\n').at(-1)!;
    expect(readEvent(last)).toMatchObject({ run, seq: 5, type: 'run-finished' });
  });

  it('starts over if the result is gone', async () => {
    await (await begin()).finish({ status: 'done' });
    const [{ run }] = await eventsOf();
    await (await begin({ fresh: true })).finish({ status: 'done' });
    const events = await eventsOf();
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ seq: 1 });
    expect(events[0].run).not.toBe(run);
  });

  it('lets one process write at a time', async () => {
    const run = await begin();
    await expect(begin()).rejects.toMatchObject({ code: 'failed', where: path });
    await run.finish({ status: 'done' });
    await (await begin()).finish({ status: 'done' });
    expect(await eventsOf()).toHaveLength(4);
    expect(await readdir(folder)).toEqual(['events.jsonl']);
  });

  it('leaves no trace of a run that was refused before any work', async () => {
    const there = join(folder, 'there', '.rewardedit', 'annotate');
    const refused = await startRun({ folder: there, command: 'annotate' });
    await refused.withdraw({ status: 'failed', message: 'the journal is of another judge' });
    expect(refused.state).toMatchObject({ status: 'failed' });
    expect(existsSync(join(folder, 'there', '.rewardedit'))).toBe(false);

    await (await begin()).finish({ status: 'done' });
    const before = await readFile(path, 'utf8');
    const again = await begin();
    again.emit({ type: 'phase-started', phase: 'Training', unit: 'steps' });
    await again.withdraw({ status: 'failed', message: 'another run' });
    expect(await readFile(path, 'utf8')).toBe(before);

    const late = await begin();
    late.emit({ type: 'step', step: 1, metrics: {} });
    await late.withdraw({ status: 'failed', message: 'a picture cannot be read' });
    expect((await eventsOf()).at(-1)).toMatchObject({ message: 'a picture cannot be read' });
  });

  it('keeps only the state without a folder', async () => {
    const run = await startRun({ command: 'data stats' });
    run.emit({ type: 'phase-started', phase: 'Reading', unit: 'rows' });
    run.emit({ type: 'progress', done: 7 });
    expect(run.state.phases).toMatchObject([{ name: 'Reading', done: 7 }]);
    expect(await run.savePreview(new Uint8Array(4))).toBeUndefined();
    await run.finish({ status: 'done' });
    expect(run.state.status).toBe('done');
  });

  it('writes at most ten counts a second, and the newest count before any other event', async () => {
    const run = await begin();
    const began = performance.now();
    run.emit({ type: 'phase-started', phase: 'Reading', unit: 'rows' });
    for (let done = 0; done <= 10_000; done++) run.emit({ type: 'progress', done });
    run.emit({ type: 'log', message: 'half-time' });
    expect(run.state.phases[0].done).toBe(10_000);
    await run.finish({ status: 'done' });
    const events = await eventsOf();
    expect(events.length).toBeLessThan(10 + (performance.now() - began) / 100);
    expect(events.at(-3)).toMatchObject({ type: 'progress', done: 10_000 });
    expect(events.at(-2)).toMatchObject({ type: 'log' });
  });

  it('emits a heartbeat every ten seconds', async () => {
    vi.useFakeTimers();
    try {
      const run = await startRun({ command: 'train' });
      expect(run.state.heartbeat).toBeUndefined();
      vi.advanceTimersByTime(10_000);
      expect(run.state.heartbeat?.resident).toBeGreaterThan(1e6);
      const { lastSeq } = run.state;
      vi.advanceTimersByTime(20_000);
      expect(run.state.lastSeq).toBe(lastSeq + 2);
      await run.finish({ status: 'done' });
      vi.advanceTimersByTime(60_000);
      expect(run.state.status).toBe('done');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('where events cannot be written', () => {
  it.skipIf(!existsSync('/dev/full'))('a full disk is told of once, and ends nothing', async () => {
    await symlink('/dev/full', path);
    const run = await begin();
    run.emit({ type: 'step', step: 1, metrics: {} });
    await vi.waitFor(() => expect(run.state.warnings).toHaveLength(1), 30_000);
    run.emit({ type: 'step', step: 2, metrics: {} });
    await run.finish({ status: 'done' });
    expect(run.state).toMatchObject({ step: 2, status: 'done' });
    expect(run.state.warnings).toEqual([expect.stringContaining('the disk is full')]);
    expect(run.state.warnings[0]).toContain(folder);
  });

  it('a folder that cannot be created is reported once, and the run continues', async () => {
    await writeFile(join(folder, 'file'), '');
    const run = await startRun({ folder: join(folder, 'file', 'run'), command: 'train' });
    expect(run.folder).toBeUndefined();
    expect(run.state.warnings).toEqual([]);
    run.emit({ type: 'step', step: 1, metrics: {} });
    expect(run.state.warnings).toEqual([expect.stringContaining('its events are missing')]);
    await run.finish({ status: 'done' });
    expect(run.state.status).toBe('done');
  });
});

describe('previews', () => {
  it('are files next to the events, of which the newest are kept', async () => {
    const run = await begin();
    const paths = await Promise.all(Array.from({ length: 205 }, (_, i) => run.savePreview(Uint8Array.of(i))));
    expect(paths[204]).toBe('previews/000000205.png');
    const files = await readdir(join(folder, 'previews'));
    expect(files).toHaveLength(200);
    expect([...(await readFile(join(folder, paths[204]!)))]).toEqual([204]);
    expect(await run.savePreview(new Uint8Array(1 << 20))).toBeUndefined();
    await run.finish({ status: 'done' });
    const next = await begin();
    expect(await next.savePreview(Uint8Array.of(1))).toBe('previews/000000206.png');
    await next.finish({ status: 'done' });
  });
});
