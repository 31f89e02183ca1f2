import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blankPicture, writePng } from '@rewardedit/data';
import { expect, onTestFinished, test, vi } from 'vitest';
import { crc32c } from './crc32c.ts';
import { openTensorBoard } from './tensorboard-writer.ts';

const PYTHON = process.env['PYTHON'] ?? 'python3';
const READ_BACK = fileURLToPath(new URL('read_back.test.helper.py', import.meta.url));
const hasTensorBoard = spawnSync(PYTHON, ['-c', 'import tensorboard']).status === 0;
if (!hasTensorBoard)
  process.stderr.write(
    'Event files are not read by TensorBoard: python3 (or what PYTHON names) does not have it.\n',
  );

const envelope = { seq: 1, time: '2026-01-02T03:04:05.000Z', run: 'a', host: 'h' };

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-board-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('the checksum is that of RFC 3720, appendix B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test('writes records with their length and checksums', async () => {
  const folder = await temporary();
  const picture = join(folder, 'sample.png');
  await writePng(picture, blankPicture(4, 2, [255, 0, 0]));
  const tell = await openTensorBoard(join(folder, 'board'));
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

test.runIf(hasTensorBoard)('TensorBoard itself reads what was written', { timeout: 60_000 }, async () => {
  const folder = await temporary();
  const picture = join(folder, 'sample.png');
  await writePng(picture, blankPicture(4, 2, [255, 0, 0]));
  const board = join(folder, 'board');
  const tell = await openTensorBoard(board);
  for (const step of [1, 2, 300])
    tell({ ...envelope, type: 'step', step, metrics: { loss: 1 / step }, seconds: 0.5 });
  tell({ ...envelope, type: 'sample', step: 300, path: picture });
  tell({ ...envelope, type: 'warning', message: 'make it snowy 雪' });
  const [name] = await readdir(board);
  await vi.waitFor(async () => expect(readRecords(await readFile(join(board, name)))).toHaveLength(6));
  const found = JSON.parse(execFileSync(PYTHON, [READ_BACK, board], { encoding: 'utf8' })) as object;
  const f32 = Math.fround;
  expect(found).toEqual({
    scalars: {
      'train/loss': [1, 2, 300].map((step) => [step, f32(1 / step)]),
      'train/seconds': [1, 2, 300].map((step) => [step, 0.5]),
    },
    pictures: { samples: [[300, 4, 2, (await readFile(picture)).toString('hex')]] },
    texts: { warning: [[300, 'Warning: make it snowy 雪']] },
  });
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
