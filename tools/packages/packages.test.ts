import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/** The published packages, with their folders. */
async function published(): Promise<readonly { readonly folder: string; readonly manifest: Manifest }[]> {
  const parents = ['packages', 'packages/backends'].map((parent) => join(ROOT, parent));
  const folders = (
    await Promise.all(
      parents.map(async (parent) => (await readdir(parent)).map((name) => join(parent, name))),
    )
  ).flat();
  const found = folders.filter((folder) => existsSync(join(folder, 'package.json')));
  return Promise.all(
    found.map(async (folder) => ({
      folder,
      manifest: JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest,
    })),
  );
}

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

describe('packages', () => {
  it('contain what they export', async () => {
    for (const { folder, manifest } of await published()) {
      const { name, files = [], exports = {} } = manifest;
      for (const target of Object.values(exports).flatMap((conditions) => Object.values(conditions))) {
        // The folder of a pattern.
        const path = target.replace('./', '').replace(/\/\*.*$/, '');
        expect(existsSync(join(folder, path)), `${name} has no ${target}; \`npm run build\` builds it`).toBe(
          true,
        );
        const included = files.some((entry) => isBelow(path, entry));
        const excluded = files.some((entry) => entry.startsWith('!') && isBelow(path, entry.slice(1)));
        expect({ included, excluded }, `${name} exports ${target}`).toEqual({
          included: true,
          excluded: false,
        });
      }
    }
  });

  it('depend on each other at their current versions', async () => {
    const all = await published();
    const versions = new Map(all.map(({ manifest }) => [manifest.name, manifest.version]));
    const wrong = all.flatMap(({ manifest }) =>
      Object.entries(manifest.dependencies ?? {})
        .filter(([name, version]) => versions.has(name) && versions.get(name) !== version)
        .map(([name, version]) => `${manifest.name} needs ${name} ${version}`),
    );
    expect(wrong).toEqual([]);
  });

  const isLong = process.env['REWARDEDIT_LONG'] === '1';
  if (!isLong)
    process.stderr.write('SKIPPED: installing the packed packages elsewhere (REWARDEDIT_LONG=1 runs it).\n');
  it.skipIf(!isLong)(
    'install and run elsewhere when packed',
    async () => {
      const here = await mkdtemp(join(tmpdir(), 'rewardedit-packed-'));
      onTestFinished(() => rm(here, { recursive: true }));
      const run = (command: string, args: readonly string[], cwd: string) => {
        const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
        expect(status, stderr).toBe(0);
        return stdout;
      };
      const folders = (await published()).map(({ folder }) => folder);
      run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', here, ...folders], ROOT);
      const archives = (await readdir(here)).map((name) => join(here, name));
      await writeFile(join(here, 'package.json'), '{}');
      run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...archives], here);
      const rewardedit = join(here, 'node_modules', '.bin', 'rewardedit');
      run(rewardedit, ['data', 'scenes', 'scenes', '--count', '4'], here);
      const { judged } = JSON.parse(run(rewardedit, ['annotate', 'scenes', '--json'], here)) as {
        judged: number;
      };
      expect(judged).toBe(4);
    },
    600_000,
  );
});
