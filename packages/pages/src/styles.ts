import { readFile } from 'node:fs/promises';

const STYLES = new URL('../assets/styles/', import.meta.url);

/** The style sheets that pages share, in the order in which they have to stand. */
const SHARED = ['base', 'top', 'controls', 'rows', 'pictures', 'panes', 'help'];

/** Those of all pages, then a page's own: a later one may change what an earlier one says. */
export async function readStyles(own: readonly URL[]): Promise<string> {
  const shared = SHARED.map((name) => new URL(`${name}.css`, STYLES));
  return (await Promise.all([...shared, ...own].map((file) => readFile(file, 'utf8')))).join('\n');
}
