import { readFile } from 'node:fs/promises';
import { assemblePage, contentPolicy, pageScript, readStyles } from '@rewardedit/pages';

const SCRIPT = { folder: new URL('../dist/page/', import.meta.url), main: './main.js' };
const ASSETS = new URL('../assets/', import.meta.url);
/** The style sheets of this page, after those that all pages share. */
const STYLES = ['bar', 'panes', 'list', 'row', 'scores', 'widths'];

/** The page: one HTML document that needs nothing else, and the policy that allows a browser just that. */
export type PageDocument = { readonly html: string; readonly policy: string };

/** Puts the page together from its elements, its styles and its compiled scripts. */
export async function pageDocument(): Promise<PageDocument> {
  const [body, styles, script] = await Promise.all([
    readFile(new URL('page.html', ASSETS), 'utf8'),
    readStyles(STYLES.map((name) => new URL(`styles/${name}.css`, ASSETS))),
    pageScript(SCRIPT),
  ]);
  const parts = { styles, script };
  // Pictures that the script fetched, and requests to where the page came from.
  const policy = contentPolicy(parts, { pictures: 'blob: data:', requests: "'self'" });
  const html = await assemblePage({ title: 'RewardEdit review', body, ...parts });
  return { html, policy: `${policy}; frame-ancestors 'none'` };
}
