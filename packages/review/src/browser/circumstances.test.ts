import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blankPicture, encodePng } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { answerOf, temporaryFolder } from '../dataset.test.helper.ts';
import { findChromium } from '@rewardedit/pages/testing';
import { useChromium } from './chromium.test.helper.ts';
import { corrections, listed, press, scoreShown, SIX, untilSaved, untilShown } from './page.test.helper.ts';

describe.skipIf(findChromium() === undefined)('the page in other circumstances', () => {
  const open = useChromium();

  it('shows a correction in both of two tabs', async () => {
    const { folder, page, newTab } = await open(SIX);
    const other = await newTab();
    await press(page, '1');
    await expect.poll(() => scoreShown(other, 'following')).toBe('1');
    await press(other, 'Tab', '2');
    await expect.poll(() => scoreShown(page, 'preserving')).toBe('2');
    await untilSaved(other);
    expect((await corrections(folder)).at(-1)?.reward.scores).toEqual({ following: 1, preserving: 2 });
  });

  it.each([900, 1180, 1440, 1920, 2500])(
    'shows pictures and scores at a width of %d pixels without scrolling sideways',
    async (width) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page } = await open(SIX, { viewport: { width, height: 900 }, colorScheme });
        await press(page, '3');
        await untilSaved(page);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wider).toBeLessThanOrEqual(0);
        for (const part of ['#instruction', '#stage', '.card[data-perspective=quality]', '#save-state']) {
          const box = (await page.locator(part).boundingBox())!;
          expect(box.x + box.width).toBeLessThanOrEqual(width);
          expect(box.y + box.height).toBeLessThanOrEqual(900);
        }
        expect((await page.locator('#stage').boundingBox())!.height).toBeGreaterThan(200);
        await page.close();
      }
    },
  );

  it('names every control, and shows all keys', async () => {
    const { page } = await open(SIX);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('button, input, select, textarea, [role=slider]')]
        .filter((control) => {
          const labels = control instanceof HTMLInputElement ? [...(control.labels ?? [])] : [];
          return (
            (
              control.ariaLabel ?? control.textContent + labels.map((label) => label.textContent).join('')
            ).trim() === ''
          );
        })
        .map((control) => control.outerHTML),
    );
    expect(nameless).toEqual([]);
    await press(page, '?');
    const help = page.locator('dialog[open]');
    await help.waitFor();
    expect(await help.locator('dt').count()).toBeGreaterThan(20);
    // Keys have no effect while it is open.
    await press(page, '3', 'Escape');
    expect(await help.count()).toBe(0);
    expect(await page.locator('.card.corrected').count()).toBe(0);
  });

  it('shows many rows in a grid, and opens one of them', async () => {
    const { page } = await open(SIX);
    await press(page, 'g');
    await expect.poll(() => page.locator('#row').isVisible()).toBe(false);
    await expect.poll(() => page.locator('.thumbnail img').count()).toBe(12);
    await press(page, 'j', 'j', 'Enter');
    await untilShown(page, 'instruction c');
    await expect.poll(() => page.locator('#row').isVisible()).toBe(true);
  });

  it('shows 100,000 rows a page at a time', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'p.png'), encodePng(blankPicture(16, 16)));
    const count = 100_000;
    const line = (id: number) =>
      `{"id":"r${id}","instruction":"make number ${id} red","original_file_name":"p.png","edited_file_name":"p.png"}\n`;
    await writeFile(
      join(folder, 'metadata.jsonl'),
      Array.from({ length: count }, (_, id) => line(id)).join(''),
    );
    await writeFile(
      join(folder, 'rewards.jsonl'),
      Array.from(
        { length: count },
        (_, id) => `${JSON.stringify(answerOf(`r${id}`, [id % 6, (id % 11) / 2, 3]))}\n`,
      ).join(''),
    );
    const { page } = await open(folder);
    expect(await page.locator('#pager .shown').textContent()).toBe('1–60 of 100,000');
    expect(await page.locator('.row').count()).toBe(60);
    await press(page, 'PageDown');
    await untilShown(page, 'make number 60 red');
    await press(page, 'k');
    await untilShown(page, 'make number 59 red');
    await page.getByLabel('Page', { exact: true }).fill('1667');
    await press(page, 'Enter');
    await untilShown(page, 'make number 99960 red');
    expect(await page.locator('.row').count()).toBe(40);
    await press(page, 'Escape', '/');
    await page.keyboard.type('"number 77777 "');
    await expect.poll(() => listed(page)).toEqual(['make number 77777 red']);
    await press(page, 'Escape');
    await page.locator('#reset').click();
    await page.selectOption('#sort', 'following');
    await page.locator('#direction').click();
    await expect.poll(async () => (await listed(page))[0]).toBe('make number 5 red');
    expect(new URL(page.url()).hash).toContain('sort=following&descending=');
  });
});
