import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A command in its own terminal, driven by keys. */
export type Terminal = {
  /** Presses keys by their tmux names, such as Enter. */
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /**
   * Waits until the terminal shows a text and no longer changes, and returns its content with colour
   * sequences.
   */
  frame(text: string | RegExp): Promise<string>;
  close(): Promise<void>;
};

export type TerminalOptions = {
  readonly columns: number;
  readonly rows: number;
  /** The folder where the command is typed. */
  readonly folder: string;
};

const LONGEST_MILLISECONDS = 120_000;
const LOOKS_EVERY = 200;
/** A frame is stable after this many equal reads. */
const STILL = 3;

/** Types a command into a shell in tmux, on a separate server without the user's settings. */
export async function openTerminal(command: string, options: TerminalOptions): Promise<Terminal> {
  const { columns, rows, folder } = options;
  const socket = `rewardedit-screens-${process.pid}`;
  const tmux = async (...words: readonly string[]) =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...words])).stdout;
  const environment = [
    `PATH=${process.env['PATH']}`,
    `HOME=${folder}`,
    'TERM=tmux-256color',
    'COLORTERM=truecolor',
    'PS1=$ ',
  ];
  await tmux(
    ...['new-session', '-d', '-s', 'screen', '-x', String(columns), '-y', String(rows), '-c', folder],
    ...['env', '-i', ...environment, 'bash', '--norc', '--noprofile'],
  );
  const send = (...words: readonly string[]) => tmux('send-keys', '-t', 'screen', ...words);
  await send('-l', command);
  await send('Enter');
  return {
    press: async (...keys) => void (await send(...keys)),
    type: async (text) => void (await send('-l', text)),
    async frame(text) {
      let [last, same] = ['', 0];
      const isThere = (plain: string) => (typeof text === 'string' ? plain.includes(text) : text.test(plain));
      for (const begun = performance.now(); performance.now() - begun < LONGEST_MILLISECONDS;) {
        await sleep(LOOKS_EVERY);
        const plain = await tmux('capture-pane', '-p', '-t', 'screen');
        same = plain === last && isThere(plain) ? same + 1 : 0;
        last = plain;
        if (same >= STILL) return tmux('capture-pane', '-p', '-e', '-t', 'screen');
      }
      throw new Error(`${String(text)} did not appear:\n${last}`);
    },
    close: async () => void (await tmux('kill-server')),
  };
}
