import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A screen in a terminal of its own (tmux), which can be held still and let go on. */
export type OpenedScreen = {
  hold(): void;
  goOn(): void;
  /** Seconds of a processor that it has taken, and that its terminal has; undefined where the system does not say (other than Linux). */
  used(): { readonly screen: number; readonly terminal: number } | undefined;
  /** The most memory that it has had; undefined where the system does not say. */
  peakBytes(): number | undefined;
  close(): void;
};

const SOCKET = `rewardedit-bench-${process.pid}`;
const LONGEST_START_MILLISECONDS = 60_000;
/** Ticks of a processor that Linux counts in a second (USER_HZ, the same on every architecture that Node runs on). */
const TICKS = 100;
/** Whether the system tells of its processes in files, as Linux does. */
const TELLS = existsSync('/proc/self/stat');

/**
 * Opens a command in a terminal of 120 columns, and waits until a text is on it. It is held by SIGSTOP, so that it takes nothing, and comes
 * and goes at once: what it costs to start is no part of what it costs to stand beside some work.
 */
export async function openScreen(command: readonly string[], text: string): Promise<OpenedScreen> {
  // tmux lets its own children go on that are stopped: a shell stands in between.
  tmux('new-session', '-d', '-x', '120', '-y', '36', 'sh', '-c', `${command.join(' ')}; exit`);
  const close = () => void spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
  try {
    const begun = performance.now();
    while (!tmux('capture-pane', '-p').includes(text)) {
      if (performance.now() - begun > LONGEST_START_MILLISECONDS)
        throw new Error('the screen does not come up');
      await sleep(200);
    }
  } catch (error) {
    close();
    throw error;
  }
  const shell = tmux('list-panes', '-F', '#{pane_pid}');
  const screen = Number(execFileSync('pgrep', ['-P', shell], { encoding: 'utf8' }));
  const terminal = Number(tmux('display-message', '-p', '#{pid}'));
  return {
    hold: () => void process.kill(screen, 'SIGSTOP'),
    goOn: () => void process.kill(screen, 'SIGCONT'),
    used() {
      if (!TELLS) return undefined;
      return { screen: processorSeconds(screen), terminal: processorSeconds(terminal) };
    },
    peakBytes: () => (TELLS ? peakOf(screen) : undefined),
    close() {
      // What is held would not hear that its terminal is gone.
      process.kill(screen, 'SIGKILL');
      close();
    },
  };
}

function tmux(...words: readonly string[]): string {
  return execFileSync('tmux', ['-L', SOCKET, '-f', '/dev/null', ...words], { encoding: 'utf8' }).trim();
}

/** Of all threads of a process, in its own time and the system's (proc_pid_stat(5), fields 14 and 15). */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, the second field, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function peakOf(pid: number): number | undefined {
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}
