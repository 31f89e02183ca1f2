// The entry point of every npm script: installs missing packages, picks a recent enough Node, builds, and
// runs a task. Plain JavaScript without imports from the project, because it runs before anything is
// installed, on any Node since 18.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const MINIMUM_NODE = [22, 12];

/**
 * The commands of each npm script, after set-up, as argument lists; `...` stands for the user's arguments.
 */
const NX = ['node_modules/nx/dist/bin/nx.js', 'run-many', '--output-style=stream'];
const BUILD = [...NX, '-t', 'build'];
const CLI = 'packages/cli/bin/run.js';
const TASKS = {
  demo: [BUILD, [CLI, 'demo', '...']],
  rewardedit: [BUILD, [CLI, '...']],
  build: [BUILD],
  test: [BUILD, ['node_modules/vitest/vitest.mjs', 'run', '...']],
  parity: [BUILD, ['tools/dist/parity/main.js', '...']],
  bench: [BUILD, ['tools/dist/bench/main.js', '...']],
  'full-shape': [BUILD, ['tools/dist/full-shape/main.js', '...']],
  interop: [BUILD, ['tools/dist/interop/main.js', '...']],
  screens: [BUILD, ['tools/dist/screens/main.js', '...']],
  lint: [
    ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'],
    ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    ['tools/lint-actions/main.mjs'],
    // Reads the commands from the build.
    ['tools/command-pages/main.mjs', '--check'],
  ],
  docs: [BUILD, ['tools/command-pages/main.mjs']],
  format: [['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.']],
};

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Runs `npm ci` unless the installed packages already match the lock file. */
function install() {
  const stamp = join(root, 'node_modules', '.installed-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing packages (once)...\n');
  // npm is a .cmd file on Windows, which needs a shell.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0)
    fail('`npm ci` failed; the lines above say why. Fix that and run the same command again.');
  writeFileSync(stamp, lock);
}

/** The running Node if it is recent enough, otherwise the one from the optional packages. */
function findNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1]))
    return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const packaged = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', binary);
  if (existsSync(packaged)) return packaged;
  return fail(
    `Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.versions.node}, and no packaged Node exists for ` +
      `${process.platform}-${process.arch}. Install a newer Node (https://nodejs.org) and run the same command again.`,
  );
}

const [task, ...userArguments] = process.argv.slice(2);
const steps = TASKS[task];
if (!steps) fail(`Unknown task ${task}. Known: ${Object.keys(TASKS).join(', ')}.`);

install();
const node = findNode();
const delimiter = process.platform === 'win32' ? ';' : ':';
const env = {
  ...process.env,
  PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_NO_CLOUD: 'true',
  NX_SKIP_NX_CACHE: process.env.NX_SKIP_NX_CACHE ?? 'false',
};

// Ctrl-C reaches the child as well, which saves its work and exits; this process only waits for it.
process.on('SIGINT', () => {});
for (const step of steps) {
  const quiet = step === BUILD && task !== 'build';
  const [script, ...rest] = step.flatMap((part) => (part === '...' ? userArguments : [part]));
  const result = spawnSync(node, [join(root, script), ...rest], {
    // A command's relative paths are relative to the user's folder.
    cwd: task === 'rewardedit' && step !== BUILD ? (process.env.INIT_CWD ?? root) : root,
    env,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
  });
  if (result.status === 0) {
    // The launcher reads from it which Node to run, and compares its age with the sources.
    if (step === BUILD) writeFileSync(join(root, 'node_modules', '.built'), node);
    continue;
  }
  if (quiet) process.stderr.write(Buffer.concat([result.stdout, result.stderr]));
  process.exit(result.status ?? 130);
}
