import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const SCRIPTS = new URL('../dist/page/', import.meta.url);
const ASSETS = new URL('../assets/', import.meta.url);
const MAIN = './main.js';
/** The style sheets in their order: a later one may change what an earlier one says. */
const STYLES = ['base', 'top', 'filters', 'list', 'row', 'pictures', 'scores', 'help', 'widths'];

/** The page: one HTML document that needs nothing else, and the policy that allows a browser just that. */
export type PageDocument = { readonly html: string; readonly policy: string };

/** Puts the page together from its outline, its styles and its compiled scripts. */
export async function pageDocument(): Promise<PageDocument> {
  const [outline, styles, script] = await Promise.all([asset('page.html'), pageStyles(), pageScript()]);
  const html = outline
    .replace('<style></style>', () => `<style>${styles}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
  return { html, policy: policyFor(styles, script) };
}

function asset(name: string): Promise<string> {
  return readFile(new URL(name, ASSETS), 'utf8');
}

async function pageStyles(): Promise<string> {
  return (await Promise.all(STYLES.map((name) => asset(`styles/${name}.css`)))).join('\n');
}

/**
 * One classic script out of all modules of the page. TypeScript compiled them to CommonJS, whose modules are plain
 * function bodies; so it takes no bundler, only a table of functions and a `require` of six lines.
 */
async function pageScript(): Promise<string> {
  const names = (await readdir(fileURLToPath(SCRIPTS))).filter(
    (name) => name.endsWith('.js') && !name.endsWith('.test.js'),
  );
  const modules = await Promise.all(
    names.sort().map(async (name) => {
      const body = await readFile(new URL(name, SCRIPTS), 'utf8');
      // Would end the script element, or begin what HTML reads as a comment in it.
      if (/<\/script|<!--/i.test(body)) throw new Error(`${name} cannot stand in a page as it is`);
      return `${JSON.stringify(`./${name}`)}: (exports, require) => {\n${body}\n}`;
    }),
  );
  return `(() => {
const modules = {${modules.join(',\n')}};
const loaded = {};
const require = (name) => {
  if (loaded[name] === undefined) modules[name]((loaded[name] = {}), require);
  return loaded[name];
};
require(${JSON.stringify(MAIN)});
})();`;
}

/** Allows this script, these styles, pictures that the script fetched, and requests to where the page came from. */
function policyFor(styles: string, script: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(styles)}`,
    'img-src blob: data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    // The page never makes elements out of text, and with this no text can become any.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
