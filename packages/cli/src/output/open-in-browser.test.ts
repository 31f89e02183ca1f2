import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { browserOpener, openInBrowser } from './open-in-browser.ts';
import { temporaryFolder } from '../tests/run-cli.test.helper.ts';

describe('browserOpener', () => {
  test('names the program that opens URLs on each system', () => {
    expect(browserOpener('darwin', {})?.command).toBe('open');
    expect(browserOpener('win32', {})?.command).toBe('rundll32');
    for (const variable of ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'])
      expect(browserOpener('linux', { [variable]: ':0' })?.command).toBe('xdg-open');
  });

  test('opens nothing without a display or in CI', () => {
    expect(browserOpener('linux', {})).toBeUndefined();
    expect(browserOpener('darwin', { CI: 'true' })).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('openInBrowser', () => {
  test('passes the URL unchanged, without a shell', async () => {
    const folder = await temporaryFolder(onTestFinished);
    const command = join(folder, 'browser');
    await writeFile(
      command,
      `#!/bin/sh\nprintf %s "$1" > '${join(folder, 'opened.part')}' && mv '${folder}/opened.part' '${folder}/opened'\n`,
    );
    await chmod(command, 0o755);
    const url = 'http://127.0.0.1:1/a$(touch x)&b;c/';
    openInBrowser(url, { command, args: [] }, () => expect.unreachable());
    await expect.poll(() => readFile(join(folder, 'opened'), 'utf8').catch(() => '')).toBe(url);
  });

  test.each([['/nowhere/browser'], ['/bin/false']])('reports if %s fails to open it', async (command) => {
    const failure = new Promise<string>((resolve) =>
      openInBrowser('http://127.0.0.1/', { command, args: [] }, () => resolve('told')),
    );
    expect(await failure).toBe('told');
  });
});
