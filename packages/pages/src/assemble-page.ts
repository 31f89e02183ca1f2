import { readFile } from 'node:fs/promises';
import { escapeHtml } from './escape-html.ts';

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** The page's own elements, as HTML. */
  readonly body: string;
  readonly styles: string;
  readonly script: string;
  /** What a browser may do with the page, for one that no server hands out. */
  readonly policy?: string;
}

const DOCUMENT = new URL('../assets/document.html', import.meta.url);

/** Puts a page together: one HTML document that needs nothing else. */
export async function assemblePage({ title, policy, body, styles, script }: PageParts): Promise<string> {
  const meta = (content: string) =>
    `<meta http-equiv="Content-Security-Policy" content="${escapeHtml(content)}" />`;
  return fillPlaces(await readFile(DOCUMENT, 'utf8'), {
    title: escapeHtml(title),
    policy: policy === undefined ? '' : meta(policy),
    ...{ body, style: styles, script },
  });
}

/** `{{name}}`, and what is between the tags of an empty `style` or `script`: a policy's hash allows no space around what comes there. */
const PLACE = /\{\{(\w+)\}\}|(?<=<(style|script)>)(?=<\/\2>)/g;

/** Fills the places of an outline, all at once: what comes in has none, whatever it says. */
export function fillPlaces(outline: string, values: Readonly<Record<string, string>>): string {
  return outline.replaceAll(PLACE, (_, name: string | undefined, tag: string) => values[name ?? tag]);
}
