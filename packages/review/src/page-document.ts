import { readFile } from 'node:fs/promises';
import { assemblePage, contentPolicy, pageScript, readStyles } from '@rewardedit/pages';

const SCRIPT = { folder: new URL('../dist/page/', import.meta.url), main: './main.js' };
const ASSETS = new URL('../assets/', import.meta.url);
/** The style sheets of this page, after the shared ones. */
const STYLES = ['bar', 'panes', 'list', 'row', 'scores', 'widths'];

/** The page: one self-contained HTML document, and the policy that allows nothing else. */
export type PageDocument = { readonly html: string; readonly policy: string };

/** Assembles the page from its elements, its styles and its compiled scripts. */
export async function pageDocument(): Promise<PageDocument> {
  const [body, styles, script] = await Promise.all([
    readFile(new URL('page.html', ASSETS), 'utf8'),
    readStyles(STYLES.map((name) => new URL(`styles/${name}.css`, ASSETS))),
    pageScript(SCRIPT),
  ]);
  const parts = { styles, script };
  // Pictures fetched by the script, and requests to the page's own origin.
  const policy = contentPolicy(parts, { pictures: 'blob: data:', requests: "'self'" });
  const html = await assemblePage({ title: 'RewardEdit review', body, ...parts });
  return { html, policy: `${policy}; frame-ancestors 'none'` };
}
