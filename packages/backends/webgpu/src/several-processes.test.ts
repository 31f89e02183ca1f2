import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { evaluate } from '@rewardedit/graph';
import { relativeError } from '@rewardedit/graph/testing';
import { expect, onTestFinished, test } from 'vitest';
import { smallBatch, smallStart, smallTraining } from './testing/small-training.ts';
import { testBackend } from './testing/test-backend.ts';

const present = await testBackend();
const PROCESS = join(import.meta.dirname, 'testing/training-process.ts');
const STEPS = 10;
/** More steps than a process takes before it is killed. */
const ENDLESS = 1_000_000;

type State = Readonly<Record<string, ArrayLike<number>>>;

/** A process that has opened the adapter, has its state there, and waits for a number of steps. */
async function startTraining(seed: number): Promise<ChildProcess> {
  const child = fork(PROCESS, [String(seed)], { serialization: 'advanced', execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await answerOf(child)).toBe('ready');
  return child;
}

/** The next message of a process; rejects if the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const end = once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`The process ended with ${String(code ?? signal)}.`);
  });
  try {
    return await Promise.race([once(child, 'message').then(([message]) => message as unknown), end]);
  } finally {
    ended.abort();
    end.catch(() => undefined);
  }
}

function train(child: ChildProcess, steps: number): Promise<State> {
  const answer = answerOf(child);
  child.send(steps);
  return answer as Promise<State>;
}

/** The state after so many steps, in float64. */
function expectedState(seed: number, steps: number): State {
  const step = smallTraining();
  let state: State = smallStart(step, seed);
  for (let i = 1; i <= steps; i++) ({ state } = evaluate(step, { inputs: smallBatch(i, seed), state }));
  return state;
}

function expectTrained(actual: State, seed: number, steps: number): void {
  for (const [name, expected] of Object.entries(expectedState(seed, steps)))
    expect(relativeError(actual[name], expected), name).toBeLessThan(1e-5);
}

test.skipIf(!present)(
  'two processes train on one adapter at the same time, and killing one does not affect the other',
  { timeout: 300_000 },
  async () => {
    const [one, other] = await Promise.all([1, 2].map(startTraining));
    const states = await Promise.all([train(one, STEPS), train(other, STEPS)]);
    states.forEach((state, i) => expectTrained(state, i + 1, STEPS));

    const cutOff = train(other, ENDLESS);
    const whileBoth = await train(one, STEPS);
    other.kill('SIGKILL');
    await expect(cutOff).rejects.toThrow('SIGKILL');
    expectTrained(whileBoth, 1, 2 * STEPS);
    expectTrained(await train(one, STEPS), 1, 3 * STEPS);
  },
);
