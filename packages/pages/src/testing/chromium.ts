import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const ELSEWHERE = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

let isSaid = false;

/** A Chromium that is installed on this machine, or the one that CHROMIUM_PATH names; undefined where there is none, which is said. */
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
      'SKIPPED: no test of a page in a browser, because there is no Chromium. Install one (Debian: apt-get install chromium), ' +
        'or name it in CHROMIUM_PATH.\n',
    );
  }
  return found;
}

/** Starts a browser; Chromium's own sandbox refuses to start for root, as in a container. */
export async function launchChromium(path: string): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args });
}

/**
 * Sees to what no page of ours may do, whatever the data: run what they hold, ask elsewhere than where addresses begin as allowed, or break
 * its own policy. What it did fails the test that runs.
 */
export function watchPage(page: Page, allowed: readonly string[]): void {
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
    if (!allowed.some((start) => asked.startsWith(start))) wrong.push(`request: ${asked}`);
  });
  onTestFinished(() => expect(wrong).toEqual([]));
}
