import type { RunEnding } from './event-schema.ts';

type EndRun = (ending: RunEnding) => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The runs to end when the process ends. */
const underWay = new Set<EndRun>();
let uncaught: string | undefined;

/**
 * Calls `end` at the last moment if the process ends first: by an uncaught exception, by `process.exit`, or by a signal without another handler.
 * `end` must be synchronous. Returns a function to unregister it.
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
    message: uncaught ?? `the process ended before the work was done, with exit code ${code}`,
  });
}

function endAtSignal(signal: NodeJS.Signals): void {
  // Another listener handles the signal, or waits for a second one.
  if (process.listenerCount(signal) > 1) return;
  endAll({ status: 'interrupted', message: `the process was ended by ${signal}` });
  // Without a listener, the signal now terminates the process.
  process.kill(process.pid, signal);
}

function endAll(ending: RunEnding): void {
  for (const end of underWay) end(ending);
}
