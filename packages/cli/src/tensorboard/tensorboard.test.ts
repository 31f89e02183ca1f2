import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankPicture, writePng } from '@rewardedit/data';
import { expect, onTestFinished, test, vi } from 'vitest';
import { crc32c } from './crc32c.ts';
import { openTensorBoard } from './tensorboard-writer.ts';

test('the check sum is that of RFC 3720, appendix B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test('writes records that carry their length and check sums', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-board-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const picture = join(folder, 'sample.png');
  await writePng(picture, blankPicture(4, 2, [255, 0, 0]));
  const tell = await openTensorBoard(join(folder, 'board'));
  const envelope = { seq: 1, time: '2026-01-02T03:04:05.000Z', run: 'a', host: 'h' };
  tell({ ...envelope, type: 'step', step: 3, metrics: { loss: 0.5 }, seconds: 0.1 });
  tell({ ...envelope, type: 'sample', step: 3, path: picture });
  tell({ ...envelope, type: 'log', message: 'half way' });
  tell({ ...envelope, type: 'sample', step: 4, path: join(folder, 'missing.png') });
  const [name] = await readdir(join(folder, 'board'));
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
  const records = () => readFile(join(folder, 'board', name)).then(readRecords);
  await vi.waitFor(async () => expect(await records()).toHaveLength(4));
  const texts = (await records()).map((record) => record.toString('latin1'));
  expect(texts[0]).toContain('brain.Event:2');
  expect(texts[1]).toContain('train/loss');
  expect(texts[2]).toContain('PNG');
  expect(texts[3]).toContain('half way');
});

/** The contents of the records of a TFRecord file, whose check sums have to be right. */
function readRecords(file: Buffer): Buffer[] {
  const unmasked = (masked: number) => {
    const turned = (masked - 0xa282ead8) >>> 0;
    return ((turned >>> 17) | (turned << 15)) >>> 0;
  };
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmasked(file.readUInt32LE(at + 8))).toBe(crc32c(file.subarray(at, at + 8)));
    const content = file.subarray(at + 12, at + 12 + length);
    expect(unmasked(file.readUInt32LE(at + 12 + length))).toBe(crc32c(content));
    records.push(content);
    at += 16 + length;
  }
  return records;
}
