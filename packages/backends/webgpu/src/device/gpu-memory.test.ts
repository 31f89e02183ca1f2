import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freeGpuMemory, fromSysfs } from './gpu-memory.ts';

test('reads the free memory of AMD GPUs from sysfs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drm-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [card, files] of Object.entries({
    card0: { mem_info_vram_total: '1000\n', mem_info_vram_used: '300\n' },
    // An integrated GPU of another vendor, and a connector of the first.
    card1: {},
    'card0-DP-1': { mem_info_vram_total: '5\n', mem_info_vram_used: '0\n' },
  })) {
    await mkdir(join(folder, card, 'device'), { recursive: true });
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, card, 'device', name), text);
  }
  expect(fromSysfs(folder)).toEqual([700]);
  expect(fromSysfs(join(folder, 'missing'))).toEqual([]);
});

test('is Infinity for a vendor whose driver does not report it', () => {
  expect(freeGpuMemory('intel')()).toBe(Number.POSITIVE_INFINITY);
});
