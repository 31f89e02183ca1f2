import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../rewardedit', import.meta.url));

/**
 * A checkout with the launcher, a command that prints its arguments, and a bootstrap that prints that it ran.
 */
async function checkout(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'rewardedit checkout-')));
  onTestFinished(() => rm(root, { recursive: true }));
  const files = {
    'package-lock.json': '{}',
    'packages/cli/src/index.ts': '',
    'packages/cli/bin/run.js': 'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)]));',
    'tools/bootstrap/run.mjs': [
      "import { mkdirSync, writeFileSync } from 'node:fs';",
      `const folder = ${JSON.stringify(join(root, 'node_modules'))};`,
      'mkdirSync(folder, { recursive: true });',
      "writeFileSync(folder + '/.built', process.execPath);",
      "console.error('built');",
    ].join('\n'),
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
    // Old, so that whatever is built now is newer.
    await utimes(join(root, name), 1e9, 1e9);
  }
  await copyFile(LAUNCHER, join(root, 'rewardedit'));
  await chmod(join(root, 'rewardedit'), 0o755);
  return root;
}

const launch = (path: string, args: readonly string[], cwd: string) => {
  const { stdout, stderr, status } = spawnSync(path, args, { cwd, encoding: 'utf8' });
  return { printed: stdout === '' ? undefined : (JSON.parse(stdout) as unknown), stderr, status };
};

describe.skipIf(process.platform === 'win32')('the launcher', () => {
  it('sets up once, and runs in the current folder with unchanged arguments', async () => {
    const root = await checkout();
    const here = await realpath(tmpdir());
    const args = ['edit', 'a b.png', 'it\'s "$HOME"', '*'];
    const expected = { printed: [here, ...args], status: 0 };
    expect(launch(join(root, 'rewardedit'), args, here)).toEqual({ ...expected, stderr: 'built\n' });
    expect(launch(join(root, 'rewardedit'), args, here)).toEqual({ ...expected, stderr: '' });
    await symlink(join(root, 'rewardedit'), join(root, 'link'));
    expect(launch(join(root, 'link'), args, here)).toEqual({ ...expected, stderr: '' });
  });

  it.each(['packages/cli/src/index.ts', 'package-lock.json'])('rebuilds after %s changed', async (name) => {
    const root = await checkout();
    launch(join(root, 'rewardedit'), [], root);
    await utimes(join(root, name), 4e9, 4e9);
    expect(launch(join(root, 'rewardedit'), [], root)).toMatchObject({ stderr: 'built\n', status: 0 });
  });
});
