import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { answerOf, type TestDataset } from '../dataset.test.helper.ts';
import { findChromium } from '@rewardedit/pages/testing';
import { useChromium } from './chromium.test.helper.ts';
import { corrections, instruction, listed, press, untilSaved } from './page.test.helper.ts';

describe.skipIf(findChromium() === undefined)('the page with data that mean harm', () => {
  const open = useChromium();
  const SCRIPT = '<script>window.harmed = 1; alert(1)</script><img src=x onerror="window.harmed = 1">';
  const texts = [
    `${SCRIPT}</script></style></textarea><!--`,
    '\u202Eturned around\u202C \u0000\u001B[31mred\u0007 \u200B\u200B',
    '"><svg onload=alert(1)>',
    'x'.repeat(100_000),
    'javascript:alert(1)',
  ];
  const ids = [SCRIPT, '__proto__', '../../etc/passwd', `a"b'c\`d\\`, '\u202Eid\n\u0000'];

  const content: TestDataset = {
    rows: ids.map((id, number) => ({ id, instruction: texts[number] })),
    answers: [
      ...ids.slice(0, 3).map((id) =>
        answerOf(id, [1, 2, 3], {
          reward: {
            feedback: { following: SCRIPT, preserving: texts[1], quality: texts[3] },
            judge: { name: SCRIPT, version: '</script>' },
          },
          measures: { [SCRIPT]: 1 },
        }),
      ),
      { id: ids[3], missing: SCRIPT },
    ],
    quarantine: [{ id: ids[3], reason: SCRIPT, replies: [SCRIPT, '</pre><script>alert(1)</script>'] }],
  };

  /** Expects hostile texts to stay text: the only script is the page's own. */
  async function expectNoHarm(page: Page): Promise<void> {
    const foreign = page.locator('script, iframe, object, svg, img[src="x"], [onerror], [onload]');
    expect(await foreign.count()).toBe(1);
    expect(await page.evaluate(() => 'harmed' in window)).toBe(false);
    expect(await page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
  }

  it('shows hostile texts as text, saves corrections of them, and finds them', async () => {
    const { folder, page } = await open(content);
    expect(await instruction(page)).toBe(texts[0]);
    expect(await page.locator('.card[data-perspective=following] .judge-text').textContent()).toBe(SCRIPT);
    for (const id of ids) {
      await press(page, '3', 'e');
      await page.keyboard.type(SCRIPT);
      await press(page, 'Escape');
      await untilSaved(page);
      expect((await corrections(folder)).at(-1)).toMatchObject({
        id,
        reward: { scores: { following: 3 }, feedback: { following: SCRIPT } },
      });
      await expectNoHarm(page);
      await press(page, 'j');
    }
    await press(page, '/');
    await page.keyboard.type(SCRIPT);
    await expect.poll(() => listed(page)).toHaveLength(ids.length);
    await expectNoHarm(page);
  });

  it('names invisible characters, and isolates the direction of text', async () => {
    const { page } = await open(content);
    await press(page, 'j');
    await page.locator('#meta', { hasText: '__proto__' }).waitFor();
    const names = await page.locator('#instruction .unseen').allTextContents();
    expect(names).toEqual(['U+202E', 'U+202C', 'U+0000', 'U+001B', 'U+0007', 'U+200B ×2']);
    const bidi = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((shown) => getComputedStyle(shown).unicodeBidi);
    for (const selector of ['#instruction', '.row .instruction', '.judge-text', '#meta bdi'])
      expect(await bidi(selector)).toBe('isolate');
  });

  it('shows long texts and replies in full on request', async () => {
    const { page } = await open(content);
    await page.locator('.row').nth(3).click();
    const more = page.getByRole('button', { name: 'Show 98,000 more characters' });
    await more.waitFor();
    expect((await instruction(page))!.length).toBeLessThan(3000);
    await more.click();
    expect((await instruction(page))!.length).toBe(100_000);
    await page.locator('#notices summary').click();
    expect(await page.locator('#notices pre').first().textContent()).toBe(SCRIPT);
    await expectNoHarm(page);
  });

  it('ignores invalid values in its address', async () => {
    const { page, url } = await open(content);
    const hash = `#q=${encodeURIComponent(SCRIPT)}&sort=__proto__&row=%3Cscript%3E&view=constructor&page=1e9`;
    await page.goto(`${url}${hash}`);
    await page.locator('.banner').waitFor();
    await expectNoHarm(page);
  });
});
