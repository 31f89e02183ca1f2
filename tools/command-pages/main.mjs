// Generates a page per command from the code (`npm run docs`); with --check, part of `npm run lint`, reports
// outdated pages.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import prettier from 'prettier';
import { commandPage, commandWords, pageName } from './command-page.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = join(root, 'docs', 'commands');

const config = await Config.load(join(root, 'packages', 'cli'));
const commands = config.commands
  .filter(({ pluginName }) => pluginName === config.name)
  .toSorted((a, b) => (a.id < b.id ? -1 : 1));
const index = [
  '# Commands',
  '[The README of the package](../../packages/cli/README.md) describes what all commands have in common.',
  commands
    .map((command) => `- [${commandWords(command)}](${pageName(command)}): ${command.summary}`)
    .join('\n'),
  '_Written by `npm run docs` from the code._',
].join('\n\n');

/** @type {Map<string, string>} */
const pages = new Map();
const style = await prettier.resolveConfig(join(folder, 'README.md'));
for (const [name, text] of [
  ['README.md', index],
  ...commands.map((command) => [pageName(command), commandPage(command, config)]),
])
  pages.set(name, await prettier.format(text, { ...style, parser: 'markdown' }));

const there = await readdir(folder).catch(() => /** @type {string[]} */ ([]));
const surplus = there.filter((name) => !pages.has(name));
if (process.argv.includes('--check')) {
  const changed = [];
  for (const [name, text] of pages)
    if ((await readFile(join(folder, name), 'utf8').catch(() => '')) !== text) changed.push(name);
  const wrong = [...changed, ...surplus];
  if (wrong.length > 0) {
    process.stderr.write(
      `docs/commands is out of date (${wrong.join(', ')}): run \`npm run docs\` and commit the result.\n`,
    );
    process.exitCode = 1;
  }
} else {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of pages) await writeFile(join(folder, name), text);
  for (const name of surplus) await rm(join(folder, name));
}
