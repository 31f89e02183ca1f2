import { readFile } from 'node:fs/promises';

const STYLES = new URL('../assets/styles/', import.meta.url);

/** The style sheets that pages share, in cascade order. */
const SHARED = ['base', 'top', 'controls', 'rows', 'pictures', 'panes', 'help'];

/** Concatenates the shared style sheets and a page's own, which may override them. */
export async function readStyles(own: readonly URL[]): Promise<string> {
  const shared = SHARED.map((name) => new URL(`${name}.css`, STYLES));
  return (await Promise.all([...shared, ...own].map((file) => readFile(file, 'utf8')))).join('\n');
}
