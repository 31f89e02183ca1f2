import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCorrections } from '@rewardedit/annotate';
import { expect, it, onTestFinished } from 'vitest';
import { testDataset } from './dataset.test.helper.ts';

/** Starts a process that serves the dataset; resolves to the address. */
async function serverProcess(folder: string) {
  const dist = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const source = `
    import { openDataset } from ${dist('../../data/dist/index.js')};
    import { openReview, serveReview } from ${dist('../dist/index.js')};
    const review = await openReview({ dataset: await openDataset(${JSON.stringify(folder)}) });
    const { url } = await serveReview(review);
    process.stdout.write(url);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [address] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, url: address.toString() };
}

it('keeps every correction that the page called saved after kill -9 at any moment, and the next server continues', async () => {
  const rows = Array.from({ length: 40 }, (_, number) => ({ id: `row-${number}` }));
  const folder = await testDataset({ rows });
  const path = join(folder, 'corrections.jsonl');
  const saved = new Set<string>();
  for (const round of [0, 1, 2]) {
    const { child, url } = await serverProcess(folder);
    const save = async (position: number) => {
      const { id } = rows[position];
      const response = await fetch(`${url}corrections`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: new URL(url).origin },
        body: JSON.stringify({
          position,
          id,
          perspectives: { quality: { score: round + 1, feedback: `round ${round}` } },
        }),
      });
      if (response.ok) saved.add(id);
      return response.ok;
    };
    const first = round * 13;
    const running = Array.from({ length: 13 }, (_, number) => save(first + number).catch(() => false));
    // By then, some are on the disk and others in flight.
    await Promise.race(running);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await Promise.all(running);
    const kept = await readCorrections(path);
    for (const id of saved) expect(kept.has(id)).toBe(true);
    // What an interrupted write leaves.
    if (round === 1) await appendFile(path, '{"id":"row-0","rew');
  }
  expect(saved.size).toBeGreaterThanOrEqual(3);
});
