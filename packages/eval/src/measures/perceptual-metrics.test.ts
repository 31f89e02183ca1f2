import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blankPicture, drawText } from '@rewardedit/data';
import { writeTokenizer } from '@rewardedit/models';
import { expect, it, onTestFinished } from 'vitest';
import { openPerceptualMetrics } from './perceptual-metrics.ts';

// Small networks with random weights (fixtures/metrics/README.md); packages/metrics tests that their vectors equal Python's.
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../fixtures/metrics/${name}.onnx`, import.meta.url));

const picture = (text: string) => {
  const made = blankPicture(64, 64, [200, 80, 40]);
  drawText(made, text, 4, 20, 1, 255);
  return made;
};

async function tokenizerFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-tokenizer-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const letters = Array.from('abcdefghijklmnopqrstuvwxyz').flatMap((letter) => [letter, `${letter}</w>`]);
  const tokens = [...letters.slice(0, 48), '<|startoftext|>', '<|endoftext|>'];
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]));
  await writeTokenizer(folder, { vocabulary, merges: [], maxLength: 16 });
  return folder;
}

it("returns CLIP's similarity to the caption and along the captions, if there are captions", async () => {
  const [metric] = await openPerceptualMetrics({
    clip: fixture('clip-image'),
    clipText: fixture('clip-text'),
    clipTokenizer: await tokenizerFolder(),
  });
  onTestFinished(() => metric.dispose());
  const [original, edited] = [picture('A'), picture('WWWWWW')];
  const captions = { original: 'a cat', edited: 'a dog' };
  const found = await metric.measure({ original, edited }, captions);
  expect(Object.keys(found)).toEqual(['source.clip', 'caption.clip', 'direction.clip']);
  for (const value of Object.values(found)) expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-6);

  // Swapping the captions reverses the direction.
  const turned = await metric.measure({ original, edited }, { original: 'a dog', edited: 'a cat' });
  expect(turned['direction.clip']).toBeCloseTo(-found['direction.clip'], 5);
  // An edit that changes nothing has no direction; without captions there is neither.
  const same = await metric.measure({ original, edited: original }, captions);
  expect(same['source.clip']).toBeCloseTo(1, 5);
  expect(same).not.toHaveProperty('direction.clip');
  expect(await metric.measure({ original, edited }, undefined)).toEqual({
    'source.clip': found['source.clip'],
  });
  expect([metric.columnOf(captions), metric.columnOf(undefined)]).toEqual(['caption.clip', 'source.clip']);
});

it('names the files that the text encoder needs', async () => {
  await expect(openPerceptualMetrics({ clipText: 'text.onnx' })).rejects.toMatchObject({
    code: 'usage',
    hint: 'name all three: --clip, --clip-text and --clip-tokenizer',
  });
});
