import { spawn, spawnSync } from 'node:child_process';

/** A live screen in a process of its own, so that it can neither block nor stop the work. */
export type ScreenProcess = {
  /** Whether the screen is on the terminal. */
  isOpen(): boolean;
  /** Closes the screen, and restores the terminal. */
  close(): Promise<void>;
};

/** Resets what a screen may have set: alternate screen, hidden cursor, bracketed paste, synchronized output. */
const RESTORE = '\u001B[?2026l\u001B[?2004l\u001B[?1049l\u001B[?25h\u001B[0m';
/** A screen that takes longer to close is killed. */
const LONGEST_MILLISECONDS = 2000;

/**
 * Opens the screen of a run folder on this terminal. However the screen ends, even by `kill -9`, the terminal is restored, and then
 * `onEnd` is called. The screen closes when this process ends.
 */
export function openScreenProcess(folder: string, onEnd: () => void): ScreenProcess {
  const settings = terminalSettings();
  // Through the IPC channel, each process notices the end of the other.
  const child = spawn(process.execPath, [process.argv[1], 'watch', folder, '--attached'], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // The screen must not keep this process alive.
  child.unref();
  child.channel?.unref();
  let isOpen = true;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      if (!isOpen) return;
      isOpen = false;
      process.stdout.write(RESTORE);
      restoreSettings(settings);
      resolve();
      onEnd();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  return {
    isOpen: () => isOpen,
    async close() {
      if (!isOpen) return;
      child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MILLISECONDS);
      child.ref();
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The terminal's line settings in `stty` format; undefined if there is no `stty`. */
function terminalSettings(): string | undefined {
  const { status, stdout } = spawnSync('stty', ['-g'], {
    stdio: ['inherit', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

function restoreSettings(settings: string | undefined): void {
  if (settings !== undefined) spawnSync('stty', [settings], { stdio: ['inherit', 'ignore', 'ignore'] });
}
