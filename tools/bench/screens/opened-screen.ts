import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A screen in its own terminal (tmux), which can be stopped and resumed. */
export type OpenedScreen = {
  hold(): void;
  goOn(): void;
  /**
   * Processor seconds of the screen and of its terminal; undefined where the system does not report them
   * (other than Linux).
   */
  used(): { readonly screen: number; readonly terminal: number } | undefined;
  /** Peak memory; undefined where the system does not report it. */
  peakBytes(): number | undefined;
  close(): void;
};

const SOCKET = `rewardedit-bench-${process.pid}`;
const LONGEST_START_MILLISECONDS = 60_000;
/** Clock ticks per second (USER_HZ, the same on every architecture that Node supports). */
const TICKS = 100;
/** Whether the system reports processes as files, as Linux does. */
const TELLS = existsSync('/proc/self/stat');

/**
 * Opens a command in a terminal of 120 columns and waits for a text to appear. SIGSTOP pauses it, so that it
 * uses no processor and resumes immediately: its start-up cost is not part of the measurement.
 */
export async function openScreen(command: readonly string[], text: string): Promise<OpenedScreen> {
  // tmux resumes its direct children when they are stopped, so a shell goes in between.
  tmux('new-session', '-d', '-x', '120', '-y', '36', 'sh', '-c', `${command.join(' ')}; exit`);
  const close = () => void spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
  try {
    const begun = performance.now();
    while (!tmux('capture-pane', '-p').includes(text)) {
      if (performance.now() - begun > LONGEST_START_MILLISECONDS) throw new Error('the screen did not start');
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
      // A stopped process would not notice that its terminal is gone.
      process.kill(screen, 'SIGKILL');
      close();
    },
  };
}

function tmux(...words: readonly string[]): string {
  return execFileSync('tmux', ['-L', SOCKET, '-f', '/dev/null', ...words], { encoding: 'utf8' }).trim();
}

/** User and system time of all threads of a process (proc_pid_stat(5), fields 14 and 15). */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the program's name, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function peakOf(pid: number): number | undefined {
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return kibibytes === undefined ? undefined : 1024 * Number(kibibytes);
}
