import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../..');
const CHROMIUM = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  existsSync,
);
const BUILT = join(ROOT, 'packages/backends/webgpu/dist/browser.js');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

const missing = !CHROMIUM
  ? 'Chromium was not found'
  : !existsSync(BUILT)
    ? 'the packages are not built'
    : undefined;
if (missing !== undefined)
  process.stderr.write(`\nSKIPPED: the page with a denoising network, because ${missing}.\n\n`);

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    const path = join(ROOT, normalize(new URL(request.url ?? '/', 'http://localhost').pathname));
    readFile(path).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

// Generous: a busy machine takes long to start Chromium and to compile the kernels.
const MILLISECONDS = 240_000;

describe.skipIf(missing !== undefined)('in Chromium', { timeout: MILLISECONDS + 60_000 }, () => {
  test('the page runs a denoising network correctly', async () => {
    const browser = await chromium.launch({
      executablePath: CHROMIUM!,
      timeout: MILLISECONDS,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
      ],
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(MILLISECONDS);
      const { port } = server.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${port}/examples/browser/index.html`);
      const { error } = await page.evaluate<{ error: number }>('window.result');
      expect(error).toBeLessThan(1e-4);
      await page.waitForFunction("document.querySelector('pre').textContent.includes('ms per step')");
    } finally {
      await browser.close();
    }
  });
});
