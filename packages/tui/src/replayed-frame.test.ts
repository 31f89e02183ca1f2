import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankPicture, encodePng } from '@rewardedit/data';
import { expect, onTestFinished, test } from 'vitest';
import { startRun } from '@rewardedit/core';
import { PANE_NAMES, type PaneName } from './panes/index.ts';
import { renderFrame } from './render-frame.tsx';
import { openFeed, type Feed } from './runs/feed.ts';
import { everything } from './testing/sample-state.test.helper.ts';

test('a replay ends with the last live frame, pane by pane', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-frames-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'samples'));
  await writeFile(join(folder, 'samples', '1.png'), encodePng(blankPicture(8, 8, [200, 80, 40])));
  const live = openFeed(folder, { pollMilliseconds: 2 });
  onTestFinished(live.close);
  const frame = ({ state }: Feed, pane?: PaneName) =>
    renderFrame({
      ...{ runs: [{ folder, title: 'run', state: state() }], columns: 100, rows: 30, pane },
      now: state().lastAt ?? 0,
    });

  const run = await startRun({ folder, command: 'train', config: { steps: 4 } });
  for (const event of everything('make it snowy 雪').slice(1)) {
    run.emit(event);
    // The live screen is redrawn many times.
    await frame(live);
  }
  run.emit({ type: 'sample', step: 4, path: 'samples/1.png' });
  await run.finish({ status: 'done' });
  await expect.poll(() => live.state().status).toBe('done');

  const replay = openFeed(folder, { speed: 10_000 });
  await replay.ended;
  for (const pane of [undefined, ...PANE_NAMES])
    expect(await frame(replay, pane)).toBe(await frame(live, pane));
  expect(await frame(live)).toContain('The run ended: done');
  // Compares frames that show the state.
  expect(await frame({ ...live, state: () => ({ ...live.state(), status: 'running' }) })).not.toBe(
    await frame(replay),
  );
});
