import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRewards } from '@rewardedit/annotate';
import { blankPicture, encodePng } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../dataset.test.helper.ts';
import { findChromium } from '@rewardedit/pages/testing';
import { useChromium } from './chromium.test.helper.ts';
import {
  corrections,
  instruction,
  listed,
  press,
  scoreShown,
  SIX,
  untilSaved,
  untilShown,
} from './page.test.helper.ts';

describe.skipIf(findChromium() === undefined)('the page in Chromium', () => {
  const open = useChromium();

  it('shows a row with its pictures, scores and texts, and steps through rows with keys', async () => {
    const { page } = await open(SIX);
    expect(await instruction(page)).toBe('instruction a');
    expect(await page.locator('#stage img').count()).toBe(2);
    expect(await scoreShown(page, 'preserving')).toBe('4');
    expect(await page.locator('.card[data-perspective=quality] .judge-text').textContent()).toBe('looks a');
    await press(page, 'j', 'ArrowRight', 'ArrowDown', 'k');
    await untilShown(page, 'instruction c');
    expect(await page.locator('.row[aria-current]').getAttribute('data-row')).toBe('2');
    await press(page, 'j', 'j', 'j');
    await untilShown(page, 'instruction f');
    expect(await page.locator('#notices').textContent()).toContain('refused');
    expect(await scoreShown(page, 'following')).toBe('–');
  });

  it('saves typed scores and texts, undoes and withdraws, and later steps use them', async () => {
    const { folder, page } = await open(SIX);
    await press(page, 'j');
    await untilShown(page, 'instruction b');
    await press(page, '4', '.', 'Tab', '3', 'e');
    await page.keyboard.type('The door is gone; 5 j k.');
    await press(page, 'Escape', 'Tab', '0');
    await untilSaved(page);
    const rewards = await readRewards(join(folder, 'rewards.jsonl'));
    expect(rewards.get('b')).toMatchObject({
      scores: { following: 4.5, preserving: 3, quality: 0 },
      feedback: { preserving: 'The door is gone; 5 j k.' },
      judge: { name: 'tester', corrected: 'following preserving quality' },
    });
    expect(await page.locator('.row[aria-current] .badge').textContent()).toBe('corrected');

    await press(page, 'u', 'u');
    await untilSaved(page);
    await expect
      .poll(async () => (await corrections(folder)).at(-1)?.reward)
      .toMatchObject({
        scores: { following: 4.5, preserving: 3 },
        feedback: {},
      });
    await press(page, 'Shift+Tab', 'x');
    await expect
      .poll(async () => (await corrections(folder)).at(-1)?.reward.scores)
      .toEqual({ following: 4.5 });
    expect(await scoreShown(page, 'preserving')).toBe('1');
    expect(await readFile(join(folder, 'rewards.jsonl'), 'utf8')).not.toContain('door');
  });

  it('saves with the mouse, and jumps to the row of an undone change', async () => {
    const { folder, page } = await open(SIX);
    const card = page.locator('.card[data-perspective=quality]');
    await card.getByRole('button', { name: 'Generation quality: 1', exact: false }).click();
    await card.locator('textarea').fill('blurred');
    await page.locator('.row').nth(4).click();
    await untilShown(page, 'instruction e');
    await untilSaved(page);
    expect((await corrections(folder)).at(-1)).toMatchObject({
      id: 'a',
      reward: { scores: { quality: 1 }, feedback: { quality: 'blurred' } },
    });
    await press(page, 'u');
    await untilShown(page, 'instruction a');
    await untilSaved(page);
    expect(await card.locator('textarea').inputValue()).toBe('');
  });

  it('filters, sorts and searches, and returns to the same place after a reload', async () => {
    const { page } = await open(SIX);
    await press(page, 'j');
    await untilShown(page, 'instruction b');
    await page.selectOption('#sort', 'quality');
    await expect
      .poll(() => listed(page))
      .toEqual(['d', 'b', 'c', 'a', 'e', 'f'].map((id) => `instruction ${id}`));
    await page.locator('#direction').click();
    await expect
      .poll(() => listed(page))
      .toEqual(['e', 'a', 'b', 'c', 'd', 'f'].map((id) => `instruction ${id}`));
    expect(await instruction(page)).toBe('instruction b');
    await page.getByLabel('style').check();
    await untilShown(page, 'instruction e');
    await page.getByLabel('highest Detail preserving', { exact: false }).fill('4');
    await press(page, 'Tab');
    await expect.poll(() => listed(page)).toEqual(['instruction c', 'instruction d']);
    await press(page, 'Escape', 'v', 'j');
    await page.locator('.row[data-row="3"]').click();
    await untilShown(page, 'instruction d');
    await page.reload();
    await untilShown(page, 'instruction d');
    expect(await listed(page)).toEqual(['instruction c', 'instruction d']);
    expect(await page.locator('#sort').inputValue()).toBe('quality');
    expect(await page.locator('[data-mode=slider]').getAttribute('aria-pressed')).toBe('true');

    await press(page, '/');
    await page.keyboard.type('"follows d"');
    await expect.poll(() => listed(page)).toEqual(['instruction d']);
    await page.goBack();
    await expect.poll(() => listed(page)).toEqual(['instruction c', 'instruction d']);
    await page.locator('#reset').click();
    await expect.poll(() => listed(page)).toHaveLength(6);
  });

  it('chooses a range on a histogram with the mouse', async () => {
    const { page } = await open(SIX);
    const box = (await page.locator('.histogram[data-perspective=following] .bars').boundingBox())!;
    await page.mouse.move(box.x + 1, box.y + 10);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.48, box.y + 10);
    await page.mouse.up();
    await expect.poll(() => listed(page)).toEqual(['b', 'c', 'e'].map((id) => `instruction ${id}`));
    expect(await page.getByLabel('highest Instruction following').inputValue()).toBe('2.5');
  });

  it('keeps a list while its rows are corrected, and refreshes it on request', async () => {
    const { page } = await open(SIX);
    await page.locator('input[name=Corrected][value=no]').check();
    await press(page, 'Escape', '1');
    await untilSaved(page);
    expect(await listed(page)).toHaveLength(6);
    expect(await page.locator('#anew').getAttribute('class')).toContain('outdated');
    await press(page, 'r');
    await expect.poll(() => listed(page)).toHaveLength(5);
  });

  it('shows the difference of two pictures, pixel by pixel', async () => {
    const { page } = await open(SIX);
    await page.locator('[data-mode=difference]').click();
    await page.locator('#stage canvas').waitFor();
    const pixel = () =>
      page.evaluate(() => [
        ...document.querySelector('canvas')!.getContext('2d')!.getImageData(3, 3, 1, 1).data,
      ]);
    // Grey 90, 90, 90 and red 200, 60, 60, times four.
    expect(await pixel()).toEqual([255, 120, 120, 255]);
    await page.getByLabel('Gain of the difference').selectOption('1');
    expect(await pixel()).toEqual([110, 30, 30, 255]);
    expect(await page.locator('#stage .caption').textContent()).toContain('100 % of the pixels');
    await press(page, 'Escape', 'v', 'v', 'v', 't', 'v', 'v');
    await page.locator('#reference[aria-pressed=true]').waitFor();
  });

  it('wipes, blinks, zooms, and compares with the true edit', async () => {
    const { page } = await open(SIX);
    await press(page, 'v');
    const handle = page.locator('.handle');
    expect(await handle.getAttribute('aria-valuenow')).toBe('50');
    await press(page, ']', ']');
    expect(await handle.getAttribute('aria-valuenow')).toBe('60');
    await handle.focus();
    await press(page, 'ArrowLeft');
    expect(await handle.getAttribute('aria-valuenow')).toBe('58');
    expect(await instruction(page)).toBe('instruction a');
    const frame = (await page.locator('.wipe').boundingBox())!;
    await page.mouse.click(frame.x + frame.width * 0.25, frame.y + 40);
    expect(await handle.getAttribute('aria-valuenow')).toBe('25');

    await press(page, 'b');
    const visible = () => page.locator('.stacked img:not(.away)').getAttribute('alt');
    await expect.poll(visible).toBe('Edited');
    await press(page, 'b');
    expect(await visible()).toBe('Original');
    await press(page, 't');
    await page.locator('.stacked img[alt="True edit"]').waitFor({ state: 'attached' });
    await press(page, 'b');
    expect(await visible()).toBe('True edit');

    const width = async () => (await page.locator('.frame').boundingBox())!.width;
    expect(await width()).toBeGreaterThan(400);
    await press(page, 'z');
    expect(await width()).toBe(48);
  });

  it('shows the reason in place of a picture that cannot be shown', async () => {
    const { page } = await open({
      rows: [
        { id: 'a', original_file_name: '../x.png' },
        { id: 'b', edited_file_name: 'metadata.jsonl' },
      ],
    });
    await expect
      .poll(() => page.locator('.broken-picture').textContent())
      .toContain('leads out of the dataset');
    expect(await page.locator('#stage img').count()).toBe(1);
    await press(page, 'j');
    await expect.poll(() => page.locator('.broken-picture').textContent()).toContain('not a PNG, JPEG');
    await expect.poll(() => page.locator('.thumbnail.broken').count()).toBe(2);
  });

  it('shows pictures in other formats, and compares pictures of different sizes', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'large.png'), encodePng(blankPicture(120, 80, [0, 0, 0])));
    const { default: sharp } = await import('sharp');
    await sharp({ create: { width: 60, height: 40, channels: 3, background: '#ffffff' } })
      .tiff()
      .toFile(join(folder, 'small.tiff'));
    const row = {
      id: 'a',
      instruction: 'x',
      original_file_name: 'large.png',
      edited_file_name: 'small.tiff',
    };
    await writeFile(join(folder, 'metadata.jsonl'), `${JSON.stringify(row)}\n`);
    const { page } = await open(folder);
    expect(await page.locator('#stage small').allTextContents()).toEqual(['120 × 80', '60 × 40']);
    await press(page, 'v', 'v');
    await expect
      .poll(() => page.locator('#stage .caption').textContent())
      .toContain('mean difference 255 of 255');
  });
});
