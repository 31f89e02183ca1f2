import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import {
  blankPicture,
  collectExamples,
  encodePng,
  inspectSource,
  openSource,
  rewardStatistics,
} from '@rewardedit/data';
import { expect, it, onTestFinished } from 'vitest';
import { writeDatasetReport } from './write-dataset-report.ts';

const SCRIPT = '</script><script>window.harmed = 1</script><img src=x onerror="window.harmed = 1">';

it('shows scores, best and worst, duplicates and missing values, with hostile texts as plain text', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-dataset-report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (let i = 0; i < 4; i++)
    await writeFile(join(folder, `${i}.png`), encodePng(blankPicture(20, 10, [i * 60, 100, 50])));
  // A larger picture, which gets shrunk; noise, so that its file is large.
  const noise = blankPicture(600, 400);
  const random = createRandom(1, 'noise');
  for (let i = 0; i < noise.data.length; i++) noise.data[i] = random.integer(256);
  await writeFile(join(folder, 'large.png'), encodePng(noise));
  const row = (id: string, edited: string, instruction: string, mean?: number) => ({
    ...{ id, instruction, original_file_name: '0.png', edited_file_name: edited, kind: 'style' },
    ...(mean !== undefined && {
      reward: {
        scores: { following: mean, preserving: mean, quality: mean },
        feedback: { following: mean < 2 ? SCRIPT : 'Nothing failed.' },
      },
    }),
  });
  const rows = [
    row('good', 'large.png', 'make it good', 5),
    row('bad', '1.png', SCRIPT, 1),
    row('again', 'large.png', 'make it good', 4),
    row('plain', '2.png', 'make it plain'),
    row('gone', 'gone.png', 'make it gone', 3),
  ];
  await writeFile(join(folder, 'metadata.jsonl'), rows.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const source = await openSource(folder, { columns: {}, fetch: () => Promise.reject(new Error('no')) });
  const examples = await collectExamples(source, { most: 2, distance: 4 });
  expect(examples.best.map(({ id }) => id)).toEqual(['good', 'again']);
  expect(examples.worst.map(({ id }) => id)).toEqual(['bad', 'again']);
  expect(examples.duplicates.exact).toMatchObject({ count: 1, examples: [{ id: 'again', like: 'good' }] });
  expect(examples.duplicates.near.count).toBe(0);
  expect([...examples.kinds].map(([kind, shown]) => [kind, shown.length])).toEqual([['style', 2]]);

  const path = join(folder, 'out', 'report.html');
  const findings = {
    inspection: await inspectSource(source),
    statistics: await rewardStatistics(source.rows()),
    examples,
  };
  await writeDatasetReport(findings, { title: '<b>mine</b>', path });
  const html = await readFile(path, 'utf8');
  for (const text of ['<script>window', '<img src=x', '{{']) expect(html.includes(text), text).toBe(false);
  expect(html.length).toBeLessThan(1e6);
  const present = [
    '&lt;b&gt;mine&lt;/b&gt;',
    // Small pictures unchanged, and the large one as a smaller JPEG.
    ...['data:image/png;base64,', 'data:image/jpeg;base64,'],
    ...['like good', 'gone.png', 'The highest scores', 'triplets without a score', 'background'],
  ];
  for (const text of present) expect(html.includes(text), text).toBe(true);
});
