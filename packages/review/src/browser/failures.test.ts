import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { findChromium } from '@rewardedit/pages/testing';
import { useChromium } from './chromium.test.helper.ts';
import { corrections, press, scoreShown, SIX, untilSaved, untilShown } from './page.test.helper.ts';

describe.skipIf(findChromium() === undefined)('the page when something fails', () => {
  const open = useChromium();

  it('reports a correction that is not saved, with the reason, and saves it on retry', async () => {
    const { folder, page } = await open(SIX);
    const unlock = await lockFile(join(folder, 'corrections.jsonl'));
    await press(page, '2');
    await page.locator('#save-state[data-state=failed]').waitFor();
    expect(await page.locator('.banner').textContent()).toMatch(
      /could not be saved: another command .* is running here/,
    );
    expect(await page.locator('.card[data-perspective=following] .state').textContent()).toBe('Not saved');
    await press(page, 'j', 'k');
    await untilShown(page, 'instruction a');
    expect(await scoreShown(page, 'following')).toBe('2');
    await unlock();
    await page.locator('.banner button').click();
    await untilSaved(page);
    expect(await page.locator('.banner').count()).toBe(0);
    expect(await corrections(folder)).toMatchObject([{ id: 'a', reward: { scores: { following: 2 } } }]);
  });

  it('reports that the server has ended, and keeps what was typed', async () => {
    const { page, stopServer } = await open(SIX);
    await stopServer();
    await press(page, '2');
    await expect
      .poll(() => page.locator('.banner').first().textContent())
      .toContain('the server does not answer');
    expect(await scoreShown(page, 'following')).toBe('2');
    let asked = false;
    page.removeAllListeners('dialog');
    page.on('dialog', (dialog) => {
      asked = dialog.type() === 'beforeunload';
      void dialog.accept();
    });
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => asked).toBe(true);
  });

  it('reports a file that was changed meanwhile', async () => {
    const { folder, page } = await open(SIX);
    const path = join(folder, 'rewards.jsonl');
    const { length } = await readFile(path);
    await writeFile(path, 'x'.repeat(length));
    await press(page, 'j', 'j');
    await expect
      .poll(() => page.locator('.banner').textContent())
      .toContain('the file has changed since it was opened');
  });
});
