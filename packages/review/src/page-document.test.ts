import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { pageDocument } from './page-document.ts';

it('is one document that loads nothing, with a matching policy', async () => {
  const { html, policy } = await pageDocument();
  const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const inside = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text]) => text);
  const [scripts, styles] = [inside('script'), inside('style')];
  expect([scripts.length, styles.length]).toEqual([1, 1]);
  expect(html.match(/<(?:script|link|img|iframe|object|style)\b/g)).toEqual(['<link', '<style', '<script']);
  expect(html).toMatch(/<link\s+rel="icon"\s+href="data:/);
  expect(policy).toContain(`script-src ${hashOf(scripts[0])};`);
  expect(policy).toContain(`style-src ${hashOf(styles[0])};`);
  expect(policy).toMatch(/^default-src 'none';/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  // Nothing in it is loaded from elsewhere or turns text into markup.
  expect(styles[0]).not.toMatch(/url\(|@import/);
  expect(scripts[0]).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|import\(/,
  );
});
