import { spawn, spawnSync } from 'node:child_process';

/** A live screen in a process of its own: neither its end nor its standing still concerns the work. */
export type ScreenProcess = {
  /** Whether it is on the terminal. */
  isOpen(): boolean;
  /** Takes it off the terminal, which is then as it was. */
  close(): Promise<void>;
};

/** Leaves what a screen may have set: its own page, a hidden cursor, marks around what is pasted, synchronized output. */
const RESTORE = '\u001B[?2026l\u001B[?2004l\u001B[?1049l\u001B[?25h\u001B[0m';
/** A screen that takes longer to end is ended. */
const LONGEST_MILLISECONDS = 2000;

/**
 * Opens the screen of a run folder on this terminal. However it ends, by `kill -9` too, the terminal is given back as it was, and then
 * `onEnd` is called. It ends by itself where this process does.
 */
export function openScreenProcess(folder: string, onEnd: () => void): ScreenProcess {
  const settings = terminalSettings();
  // With a channel between them, each notices the end of the other.
  const child = spawn(process.execPath, [process.argv[1], 'watch', folder, '--attached'], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // The screen keeps no work from its end.
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

/** The terminal's line settings, as `stty` understands them; undefined where there is no such program. */
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
