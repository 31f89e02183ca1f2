import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ELSEWHERE = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

let isSaid = false;

/** Returns the path of an installed Chromium, or the one in CHROMIUM_PATH; undefined, with a message, if there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...ELSEWHERE];
  const found = paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined && !isSaid) {
    isSaid = true;
    process.stderr.write(
      'SKIPPED: tests of pages in a browser, because Chromium is not installed. Install it (Debian: apt-get install chromium), ' +
        'or set CHROMIUM_PATH.\n',
    );
  }
  return found;
}

/** Starts a browser; without Chromium's sandbox for root, as in a container, where it refuses to start. */
export async function launchChromium(path: string): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args });
}

/**
 * Fails the running test if the page does what no page of ours may do, whatever the data: run their scripts, send a request to an
 * address without an allowed prefix, or violate its own policy.
 */
export function watchPage(page: Page, allowed: readonly string[]): void {
  const wrong: string[] = [];
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // The page reports an unreadable picture; the browser logs it too.
    const isExpected = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isExpected) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const asked = request.url();
    if (!allowed.some((start) => asked.startsWith(start))) wrong.push(`request: ${asked}`);
  });
  onTestFinished(() => expect(wrong).toEqual([]));
}
