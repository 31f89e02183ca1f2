import { openDataset } from '@rewardedit/data';
import { findChromium, launchChromium, watchPage } from '@rewardedit/pages/testing';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { testDataset, type TestDataset } from '../dataset.test.helper.ts';
import { openReview } from '../review.ts';
import { serveReview } from '../review-server.ts';

export type OpenPage = {
  readonly folder: string;
  readonly url: string;
  readonly page: Page;
  /** Opens another tab of the same browser. */
  readonly newTab: () => Promise<Page>;
  readonly stopServer: () => Promise<void>;
};

/** Starts a browser for all tests of a file; returns the function that opens the page of a dataset in it. */
export function useChromium(): (
  content: TestDataset | string,
  options?: BrowserContextOptions,
) => Promise<OpenPage> {
  const path = findChromium();
  let browser: Browser;
  beforeAll(async () => {
    if (path !== undefined) browser = await launchChromium(path);
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
      page.setDefaultTimeout(60_000);
      watchPage(page, [server.url, 'blob:', 'data:']);
      await page.goto(server.url);
      await page.locator('#stage .view').waitFor();
      return page;
    };
    return { folder, url: server.url, page: await newTab(), newTab, stopServer };
  };
}
