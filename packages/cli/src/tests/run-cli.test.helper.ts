import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

const SIGNAL_BASE = 128;

/** How a command ended, and what it wrote. */
export type Finished = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** User and group to run as, which only root may choose. */
  readonly user?: number | undefined;
  /** Words in front of the command, such as those of unshare(1). */
  readonly before?: readonly string[];
  /** Files that stdout and stderr go to, in place of the result. */
  readonly stdoutTo?: string;
  readonly stderrTo?: string;
};

/** Starts the built command line in a process of its own, without a terminal and without the caller's own settings. */
export function startCli(
  args: readonly string[],
  { env = {}, cwd, input = '', user, before = [], stdoutTo, stderrTo }: RunOptions = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env;
  const outputs = [stdoutTo, stderrTo].map((file) => (file === undefined ? 'pipe' : openSync(file, 'w')));
  const [program, ...words] = [...before, process.execPath, BIN, ...args];
  const child = spawn(program, words, {
    cwd,
    env: { PATH, HOME, TMPDIR, XDG_STATE_HOME: join(TMPDIR, 'rewardedit-test-state'), ...env },
    ...(user !== undefined && { uid: user, gid: user }),
    stdio: ['pipe', ...outputs],
  });
  for (const output of outputs) if (output !== 'pipe') closeSync(output);
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  child.stdin?.end(input);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      // What died of a signal has the code that shells give it.
      const exitCode = signal === null ? (code ?? 0) : SIGNAL_BASE + constants.signals[signal];
      resolve({ exitCode, ...written });
    });
  });
  return { child, finished };
}

/** Ends when a command that was started says something on stderr. */
export function untilSays({ child }: { readonly child: ChildProcess }, words: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (text: string) => (said += text).includes(words) && resolve());
    child.once('close', () => reject(new Error(`it ended without saying "${words}", but: ${said}`)));
  });
}

/** Runs the built command line to its end. */
export function runCli(args: readonly string[], options?: RunOptions): Promise<Finished> {
  return startCli(args, options).finished;
}

/** Runs a command with `--json`, and reads the document that it prints. */
export async function runJson(
  args: readonly string[],
  options?: RunOptions,
): Promise<Finished & { document: unknown }> {
  const finished = await runCli([...args, '--json'], options);
  return { ...finished, document: JSON.parse(finished.stdout) as unknown };
}

/** A folder that is gone after the test, whose own `onTestFinished` is needed where tests run side by side. */
export async function temporaryFolder(onTestFinished: TestContext['onTestFinished']): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
