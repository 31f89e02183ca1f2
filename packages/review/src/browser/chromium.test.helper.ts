import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { openDataset } from '@rewardedit/data';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { testDataset, type TestDataset } from '../dataset.test.helper.ts';
import { openReview } from '../review.ts';
import { serveReview } from '../review-server.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ELSEWHERE = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** A Chromium that is installed on this machine, or the one that CHROMIUM_PATH names; undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export type OpenPage = {
  readonly folder: string;
  readonly url: string;
  readonly page: Page;
  /** Another tab of the same browser. */
  readonly newTab: () => Promise<Page>;
  readonly stopServer: () => Promise<void>;
};

/** Starts a browser for all tests of a file; gives the function that opens the page of a dataset in it. */
export function useChromium(): (
  content: TestDataset | string,
  options?: BrowserContextOptions,
) => Promise<OpenPage> {
  const path = findChromium();
  if (path === undefined) {
    process.stderr.write(
      'SKIPPED: no test of the review page, because there is no Chromium. Install one (Debian: apt-get install chromium), ' +
        'or name it in CHROMIUM_PATH.\n',
    );
  }
  let browser: Browser;
  beforeAll(async () => {
    // Chromium's own sandbox refuses to start for root, as in a container.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    if (path !== undefined) browser = await chromium.launch({ executablePath: path, args });
  });
  afterAll(() => browser?.close());

  return async (content, options) => {
    const folder = typeof content === 'string' ? content : await testDataset(content);
    const review = await openReview({ dataset: await openDataset(folder) });
    const server = await serveReview(review);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const stopServer = async () => {
      await server.close();
      await review.close();
    };
    onTestFinished(async () => {
      await context.close();
      await stopServer();
    });
    const newTab = async () => {
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      watch(page, server.url);
      await page.goto(server.url);
      await page.locator('#stage .view').waitFor();
      return page;
    };
    return { folder, url: server.url, page: await newTab(), newTab, stopServer };
  };
}

/** What no page of ours may do, whatever the data: run what they hold, ask elsewhere, or break its own policy. */
function watch(page: Page, url: string): void {
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // That a picture cannot be read is said in the page; the browser mentions it as well.
    const isExpected = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isExpected) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (![url, 'blob:', 'data:'].some((start) => asked.startsWith(start))) wrong.push(`request: ${asked}`);
  });
  onTestFinished(() => expect(wrong).toEqual([]));
}
