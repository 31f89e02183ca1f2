import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPicture, type Picture } from '@rewardedit/data';
import { peakSignalToNoise } from '@rewardedit/metrics';
import { describe, expect, test } from 'vitest';
import { runJson } from './run-cli.test.helper.ts';
import { STARTER_MODELS } from '../models/starter-model.ts';

/** A photo that the model has never seen. */
const PHOTO = fileURLToPath(new URL('../../assets/photos/held-out/kodak-22.jpg', import.meta.url));

function blackAndWhite({ width, height, data }: Picture): Picture {
  const grey = Uint8Array.from({ length: data.length }, (_, i) => {
    const at = i - (i % 3);
    return Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]);
  });
  return { width, height, data: grey };
}

describe('the starter model', () => {
  test('edits where no model is named, says so, and gives the photo back in its size and sharp', async ({
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'starter-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const out = join(folder, 'edited.png');
    const { exitCode, stderr, document } = await runJson([
      'edit',
      PHOTO,
      'make it black and white',
      '--out',
      out,
      '--threads',
      '1',
    ]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('starter model');
    expect(document).toMatchObject({ width: 384, height: 256 });
    const [original, edited] = await Promise.all([readPicture(PHOTO), readPicture(out)]);
    const truth = blackAndWhite(original);
    expect(peakSignalToNoise(edited, truth)).toBeGreaterThan(peakSignalToNoise(original, truth) + 2);
    expect(peakSignalToNoise(edited, truth)).toBeGreaterThan(22);
  });

  test('is small, in both sizes together, and has cards that say what it was trained on', async () => {
    let bytes = 0;
    for (const folder of Object.values(STARTER_MODELS)) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
      const card = await readFile(join(folder, 'README.md'), 'utf8');
      expect(card).toMatch(/^---\n[\s\S]*license: apache-2\.0/);
      for (const word of ['Kodak', 'rewardedit train', 'pack.js']) expect(card).toContain(word);
    }
    expect(bytes).toBeLessThan(12e6);
  });
});

const long = process.env['REWARDEDIT_LONG'] === '1';

test.runIf(long)(
  'the demo ends with all rows, and says the same when repeated (REWARDEDIT_LONG=1)',
  async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const args = ['demo', folder, '--quick', '--steps', '2'];
    const first = await runJson(args);
    expect(first.exitCode).toBe(0);
    expect(first.document).toMatchObject({ conditions: { rows: { length: 8 } } });
    const again = await runJson(args);
    expect(again.document).toEqual(first.document);
  },
);
