import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRandom } from '@rewardedit/core';
import { blankPicture, encodePng } from '@rewardedit/data';
import { compareRuns, summarize, type EvalRun, type ShownItem } from '@rewardedit/eval';
import { findChromium, launchChromium, watchPage } from '@rewardedit/pages/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { comparisonSections } from '../comparison-sections.ts';
import { runSections } from '../run-sections.ts';
import { writeReport } from '../write-report.ts';

const COUNT = 5000;
const SCRIPT = '</script><script>window.harmed = 1</script><img src=x onerror="window.harmed = 1"><!--';
const HOSTILE = [SCRIPT, '\u202Eturned\u202C \u0000', '{{data}} {{policy}}', '$& $` "><svg onload=alert(1)>'];

const visibleNames = (text: string) =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`,
  );

let folder: string;
let browser: Browser;

const picture = (name: string, shade: number) =>
  writeFile(join(folder, name), encodePng(blankPicture(32, 24, [shade, 120, 60])));

/** A run of many edits, the first ones with hostile texts. */
function makeRun(name: string, seed: number): EvalRun {
  const random = createRandom(seed, 'report');
  const items = Array.from({ length: COUNT }, (_, i): ShownItem => {
    const text = HOSTILE[i] ?? `edit ${i}`;
    const scores = { following: random.uniform() * 5, preserving: 4, quality: 5 };
    return {
      id: i < HOSTILE.length ? `${text} ${i}` : `item-${i}`,
      instruction: text,
      kind: i % 2 === 0 ? 'style' : 'add',
      cluster: `photo ${i % 20}`,
      values: { ...scores, overall: (scores.following + 9) / 3, 'source.psnr': 20 + random.normal() },
      feedback: { following: text },
      pictures: { original: join(folder, 'a #%.png'), edited: join(folder, `${name}.png`) },
    };
  });
  return { name, folder, config: {}, items, absent: [] };
}

/** Opens a report from the disk, as a user does. */
async function openReport(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  watchPage(page, [pathToFileURL(folder).href, 'data:']);
  await page.goto(pathToFileURL(path).href);
  return page;
}

async function expectNoHarm(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'harmed' in window)).toBe(false);
  // The data and the page's own script.
  expect(await page.locator('script').count()).toBe(2);
  expect(await page.locator('[onerror], [onload], img[src="x"], svg').count()).toBe(0);
}

describe.skipIf(findChromium() === undefined)('the report in Chromium', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-report-'));
    await Promise.all([picture('a #%.png', 90), picture('base.png', 120), picture('other.png', 200)]);
    browser = await launchChromium(findChromium()!);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('shows 5,000 items of two runs from the disk: hostile texts as plain text, sorted, searched, compared', async () => {
    const runs = [makeRun('base', 1), makeRun('other', 2)];
    const columns = ['overall', 'following'];
    const comparison = compareRuns(runs[0], [runs[1]], { columns, seed: 0 });
    const path = join(folder, 'comparison.html');
    const sections = comparisonSections(runs, comparison, { columns, seed: 0, tables: [] });
    await writeReport({ title: SCRIPT, runs, sections, path, isSingleFile: false });
    const page = await openReport(path);
    await page.locator('.chart img').first().waitFor();
    expect(await page.locator('#name').textContent()).toBe(SCRIPT);
    await expectNoHarm(page);

    await page.keyboard.press('i');
    await page.locator('.view.side').waitFor();
    expect(await page.locator('.side-picture .caption').allTextContents()).toEqual([
      'Original 32 × 24',
      'base 32 × 24',
      'other 32 × 24',
    ]);
    for (const text of HOSTILE) {
      // Invisible characters are named, all others are unchanged.
      expect(await page.locator('#instruction').textContent()).toBe(visibleNames(text));
      await expectNoHarm(page);
      await page.keyboard.press('j');
    }
    expect(await page.locator('#instruction').textContent()).toBe('edit 4');

    // Only rows in view are elements, at any scroll position.
    expect(await page.locator('#rows .row').count()).toBeLessThan(40);
    await page.locator('#rows').evaluate((rows) => rows.scrollTo(0, rows.scrollHeight));
    await page.locator('.row[data-row="4999"]').click();
    expect(await page.locator('#instruction').textContent()).toBe('edit 4999');

    await page.locator('#sort').selectOption('following/1-0');
    const first = async () =>
      (await page.locator('#rows li[aria-posinset="1"] .row').getAttribute('data-row'))!;
    await page.locator('#rows').evaluate((rows) => rows.scrollTo(0, 0));
    const gains = runs[1].items.map(
      ({ values }, i) => values['following'] - runs[0].items[i].values['following'],
    );
    await expect.poll(first).toBe(String(gains.indexOf(Math.min(...gains))));
    await page.keyboard.press('/');
    await page.keyboard.type('"edit 77"');
    await expect.poll(() => page.locator('#listed').textContent()).toBe('11 of 5,000 items');

    // A page opened from the disk may not read pixels; the difference is still shown.
    await page.locator('[data-mode=difference]').click();
    await page.locator('.blended img').nth(1).waitFor();
    await page.reload();
    await page.locator('.blended').waitFor();
    expect(await page.locator('#listed').textContent()).toBe('11 of 5,000 items');
  });

  it('embeds all pictures in a single file, and fits a phone', async () => {
    const run = makeRun('other', 3);
    const items = run.items.slice(0, 8);
    const path = join(folder, 'single', 'report.html');
    const sections = runSections(summarize(items, { seed: 0, resamples: 1000 }), ['overall']);
    const written = await writeReport({
      ...{ title: 'run', runs: [{ ...run, items }], sections, path },
      isSingleFile: true,
    });
    expect(written.left).toBe(0);
    await rm(join(folder, 'other.png'));
    const page = await openReport(path, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(390);
    await page.locator('#items-button').click();
    await page.locator('.row').nth(5).click();
    await page.locator('.view.side img').nth(1).waitFor();
    expect(await page.locator('.caption').allTextContents()).toEqual(['Original 32 × 24', 'Edited 32 × 24']);
    expect(await width()).toBe(390);
    await page.locator('#back-button').click();
    expect(await page.locator('.row').first().isVisible()).toBe(true);
  });
});
