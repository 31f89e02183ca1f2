import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nativeMessages, tidyNativeMessage } from '../output/native-messages.ts';
import type { SelfTest } from './self-test.ts';

const PROCESS = fileURLToPath(new URL('./self-test-process.js', import.meta.url));

/**
 * Tests a backend in a child process, because native code may write to stderr or crash if a driver or a library is missing. What it
 * wrote becomes part of the reason.
 */
export async function selfTestApart(name: string): Promise<SelfTest> {
  const child = fork(PROCESS, [name], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // JSON has no infinity, which is the error of a NaN result.
    serialization: 'advanced',
    execArgv: [],
  });
  let written = '';
  let result: SelfTest | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written += text));
  child.on('message', (message) => (result = message as SelfTest));
  const ending = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const { outcome, problem, ...measured } = result ?? {
    backend: name,
    outcome: 'not available' as const,
    problem: `the test ended with ${ending}`,
  };
  if (problem === undefined) return { outcome, ...measured };
  const said = nativeMessages(written);
  const reason = [tidyNativeMessage(problem), ...(said.length > 0 ? [`(${said.join('; ')})`] : [])].join(' ');
  return { outcome, ...measured, problem: reason };
}
