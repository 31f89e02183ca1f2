import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The compiled modules that all pages share, and the prefix under which a page imports them. */
const SHARED = { folder: new URL('../dist/browser/', import.meta.url), prefix: '@rewardedit/pages/browser/' };

/** A page's own modules, compiled to CommonJS. */
export interface PageScript {
  /** Their folder, ending with a slash. */
  readonly folder: URL;
  /** The module that starts the page, such as `./main.js`. */
  readonly main: string;
}

/**
 * Combines the modules of a page and the shared ones into one classic script. TypeScript compiled them to CommonJS, whose modules
 * are plain function bodies, so a table of functions and a `require` of six lines replace a bundler.
 */
export async function pageScript({ folder, main }: PageScript): Promise<string> {
  const [own, shared] = await Promise.all([modulesOf(folder), modulesOf(SHARED.folder)]);
  const bodies = new Map([
    ...own.map(({ name, body }): [string, string] => [`./${name}.js`, body]),
    ...shared.map(({ name, body }): [string, string] => [
      `${SHARED.prefix}${name}`,
      // They import each other by relative path; in the page, other modules may have the same names.
      body.replaceAll(/require\("\.\/([\w-]+)\.js"\)/g, `require("${SHARED.prefix}$1")`),
    ]),
  ]);
  const modules = [...reachable(main, bodies)].map(
    (name) => `${JSON.stringify(name)}: (exports, require) => {\n${bodies.get(name)!}\n}`,
  );
  return `(() => {
const modules = {${modules.join(',\n')}};
const loaded = {};
const require = (name) => {
  if (loaded[name] === undefined) modules[name]((loaded[name] = {}), require);
  return loaded[name];
};
require(${JSON.stringify(main)});
})();`;
}

/** The modules reachable from `main`, itself included. */
function reachable(main: string, bodies: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    const body = bodies.get(name);
    if (body === undefined) throw new Error(`the page has no module ${name}`);
    found.add(name);
    for (const [, needed] of body.matchAll(/require\("([^"]+)"\)/g)) visit(needed);
  };
  visit(main);
  return found;
}

async function modulesOf(folder: URL): Promise<{ name: string; body: string }[]> {
  const names = (await readdir(fileURLToPath(folder))).filter(
    (name) => name.endsWith('.js') && !name.endsWith('.test.js'),
  );
  return Promise.all(
    names.map(async (name) => {
      const body = await readFile(new URL(name, folder), 'utf8');
      // Either would end the script element, or begin an HTML comment in it.
      if (/<\/script|<!--/i.test(body)) throw new Error(`${name} cannot be inlined in a page`);
      return { name: name.slice(0, -'.js'.length), body };
    }),
  );
}
