import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startRun } from '@rewardedit/core';
import { everything } from '../testing/sample-state.test.helper.ts';
import { openFeed } from './feed.ts';
import { findRuns, isRunFolder } from './find-runs.ts';
import { differences } from './differences.ts';
import { mediaOf } from './media.ts';

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-tui-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function finishedRun(folder: string, command = 'train') {
  const run = await startRun({ folder, command, config: { command } });
  for (const event of everything('make it snowy').slice(1)) run.emit(event);
  await run.finish({ status: 'done' });
  return run.state;
}

test('a replay ends in the state of the live run', async () => {
  const folder = await temporary();
  const live = openFeed(folder, { pollMilliseconds: 5 });
  onTestFinished(live.close);
  const state = await finishedRun(folder);
  await expect.poll(() => live.state().status).toBe('done');
  const replay = openFeed(folder, { speed: 1000 });
  await replay.ended;
  expect(replay.state()).toEqual(live.state());
  expect(replay.state().lastSeq).toBe(state.lastSeq);
});

test('a replay keeps the timing of the run, and ends when closed', async () => {
  const folder = await temporary();
  const event = (seq: number, second: number) =>
    `${JSON.stringify({ seq, time: `2026-01-01T00:00:0${second}.000Z`, run: 'a', host: 'h', type: 'log', message: String(seq) })}\n`;
  await writeFile(join(folder, 'events.jsonl'), event(1, 0) + event(2, 1) + event(3, 9));
  const begun = performance.now();
  const replay = openFeed(folder, { speed: 10 });
  replay.subscribe(() => {
    if (replay.state().lastSeq === 2) replay.close();
  });
  await replay.ended;
  expect(performance.now() - begun).toBeGreaterThan(80);
  expect(replay.state().lastSeq).toBe(2);
});

test('a replay pauses while its gate is closed', async () => {
  const folder = await temporary();
  const event = (seq: number) =>
    `${JSON.stringify({ seq, time: `2026-01-01T00:00:0${seq}.000Z`, run: 'a', host: 'h', type: 'log', message: '' })}\n`;
  await writeFile(join(folder, 'events.jsonl'), [1, 2, 3, 4].map(event).join(''));
  const replay = openFeed(folder, { speed: 50 });
  replay.gate!.toggle();
  await sleep(60);
  const { lastSeq } = replay.state();
  expect(lastSeq).toBeLessThan(2);
  replay.gate!.toggle();
  await replay.ended;
  expect(replay.state().lastSeq).toBe(4);
  // A feed that is closed while paused ends too.
  const closed = openFeed(folder, { speed: 50 });
  closed.gate!.toggle();
  closed.close();
  await closed.ended;
});

test('waits for a run that does not exist yet; reports what cannot be read', async () => {
  const folder = await temporary();
  const feed = openFeed(join(folder, 'later'), { pollMilliseconds: 5 });
  onTestFinished(feed.close);
  await finishedRun(join(folder, 'later'));
  await expect.poll(() => feed.state().status).toBe('done');
  await mkdir(join(folder, 'odd', 'events.jsonl'), { recursive: true });
  const odd = openFeed(join(folder, 'odd'), { pollMilliseconds: 5 });
  await odd.ended;
  expect(odd.trouble()).toMatch(/folder|directory/);
});

test('finds runs below a folder, including hidden ones, newest first', async () => {
  const folder = await temporary();
  await finishedRun(join(folder, 'a', 'first'));
  await finishedRun(join(folder, 'data', '.rewardedit', 'annotate-rewards.jsonl'), 'annotate');
  await mkdir(join(folder, 'node_modules', 'x'), { recursive: true });
  await writeFile(join(folder, 'node_modules', 'x', 'events.jsonl'), '');
  await appendFile(join(folder, 'a', 'first', 'events.jsonl'), '\n');
  const runs = await findRuns(folder);
  expect(runs.map(({ title, state }) => [title, state.command, state.status])).toEqual([
    ['a/first', 'train', 'done'],
    ['data/.rewardedit/annotate-rewards.jsonl', 'annotate', 'done'],
  ]);
  expect(differences(runs)).toEqual([{ name: 'command', values: ['train', 'annotate'] }]);
  expect(await isRunFolder(join(folder, 'a', 'first'))).toBe(true);
  expect(await isRunFolder(folder)).toBe(false);
  expect(mediaOf(join(folder, 'a', 'first'), runs[0].state)[0].paths[0]).toBe(
    join(folder, 'a', 'first', 'make it snowy'),
  );
});
