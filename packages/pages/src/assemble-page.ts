import { readFile } from 'node:fs/promises';
import { escapeHtml } from './escape-html.ts';

/** The parts of a page. */
export interface PageParts {
  readonly title: string;
  /** The page's own elements, as HTML. */
  readonly body: string;
  readonly styles: string;
  readonly script: string;
  /** A content security policy, for a page that is opened from the disk instead of served. */
  readonly policy?: string;
}

const DOCUMENT = new URL('../assets/document.html', import.meta.url);

/** Assembles a page: one self-contained HTML document. */
export async function assemblePage({ title, policy, body, styles, script }: PageParts): Promise<string> {
  const meta = (content: string) =>
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(content)}" />`;
  return fillPlaces(await readFile(DOCUMENT, 'utf8'), {
    title: escapeHtml(title),
    policy: policy === undefined ? '' : meta(policy),
    ...{ body, style: styles, script },
  });
}

/**
 * `{{name}}`, and the empty space inside `<style></style>` and `<script></script>`: a policy's hash allows no whitespace around
 * the content.
 */
const PLACE = /\{\{(\w+)\}\}|(?<=<(style|script)>)(?=<\/\2>)/g;

/** Fills all placeholders of an outline in one pass: placeholders within the values are not filled. */
export function fillPlaces(outline: string, values: Readonly<Record<string, string>>): string {
  return outline.replaceAll(PLACE, (_, name: string | undefined, tag: string) => values[name ?? tag]);
}
