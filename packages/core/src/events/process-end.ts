import type { RunEnding } from './event-schema.ts';

type EndRun = (ending: RunEnding) => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is to be ended when the process ends. */
const underWay = new Set<EndRun>();
let uncaught: string | undefined;

/**
 * Calls `end` at the latest possible moment where the process ends first: by an exception that nobody caught, by `process.exit`, or by a
 * signal that nobody else handles. `end` cannot wait for anything. Gives the function that calls it off.
 */
export function watchOver(end: EndRun): () => void {
  if (underWay.size === 0) listen();
  underWay.add(end);
  return () => {
    underWay.delete(end);
    if (underWay.size === 0) stopListening();
  };
}

function listen(): void {
  process.on('exit', endAtExit);
  process.on('uncaughtExceptionMonitor', keepMessage);
  for (const name of SIGNALS) process.on(name, endAtSignal);
}

function stopListening(): void {
  process.off('exit', endAtExit);
  process.off('uncaughtExceptionMonitor', keepMessage);
  for (const name of SIGNALS) process.off(name, endAtSignal);
}

function keepMessage({ message }: Error): void {
  uncaught = message;
}

function endAtExit(code: number): void {
  endAll({
    status: 'failed',
    message: uncaught ?? `the process ended before the work, with exit code ${code}`,
  });
}

function endAtSignal(signal: NodeJS.Signals): void {
  // Another listener is there to end the work in its own time, or to ask for the signal a second time.
  if (process.listenerCount(signal) > 1) return;
  endAll({ status: 'interrupted', message: `the process was ended by ${signal}` });
  // Nobody listens any more, so the process dies of it.
  process.kill(process.pid, signal);
}

function endAll(ending: RunEnding): void {
  for (const end of underWay) end(ending);
}
