import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What all pages share, compiled, and the name by which the modules of a page import it. */
const SHARED = { folder: new URL('../dist/browser/', import.meta.url), prefix: '@rewardedit/pages/browser/' };

/** A page's own modules, compiled to CommonJS. */
export interface PageScript {
  /** The folder that holds them; it ends with a slash. */
  readonly folder: URL;
  /** The module that starts the page, such as `./main.js`. */
  readonly main: string;
}

/**
 * One classic script out of all modules of a page and those that all pages share. TypeScript compiled them to CommonJS, whose modules
 * are plain function bodies; so it takes no bundler, only a table of functions and a `require` of six lines.
 */
export async function pageScript({ folder, main }: PageScript): Promise<string> {
  const [own, shared] = await Promise.all([modulesOf(folder), modulesOf(SHARED.folder)]);
  const bodies = new Map([
    ...own.map(({ name, body }): [string, string] => [`./${name}.js`, body]),
    ...shared.map(({ name, body }): [string, string] => [
      `${SHARED.prefix}${name}`,
      // Among themselves they are neighbours; in the page they lie beside modules that may have the same names.
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

/** The modules that the first one needs, itself among them. */
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
      // Would end the script element, or begin what HTML reads as a comment in it.
      if (/<\/script|<!--/i.test(body)) throw new Error(`${name} cannot stand in a page as it is`);
      return { name: name.slice(0, -'.js'.length), body };
    }),
  );
}
