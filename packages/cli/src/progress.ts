import { formatDuration, formatProgress, formatProgressLine, type ProgressState } from './format-progress.ts';
import { createRateMeter } from './rate-meter.ts';
import { paint, printable, terminalOf } from './terminal.ts';

/** Shows on stderr how far some work is. */
export type Progress = {
  /** Tells how much is done, and something to show besides (which stays until it is told anew). */
  update(done: number, detail?: string): void;
  /** Says something in a line of its own. */
  note(message: string): void;
  /** To be called when the work is over, well or not. */
  end(): void;
};

export type ProgressOptions = Pick<ProgressState, 'label' | 'unit' | 'total'> & {
  readonly stream?: NodeJS.WriteStream | undefined;
};

const REDRAW_MILLISECONDS = 100;
const PLAIN_LINE_SECONDS = 5;
const CLEAR_LINE = '\r\x1b[K';

/**
 * Starts to show progress. On a terminal it is one line with a bar, redrawn at most ten times a second and gone at the end;
 * anywhere else (a pipe, a file, `CI`, `NO_COLOR`) a plain line every five seconds at most, and one at the beginning and at
 * the end.
 */
export function startProgress(options: ProgressOptions): Progress {
  return terminalOf(options.stream ?? process.stderr).live ? liveProgress(options) : plainProgress(options);
}

/** The state of the work as it goes on. */
function trackState({ label, unit, total }: ProgressOptions) {
  const meter = createRateMeter();
  let [done, detail]: [number, string | undefined] = [0, undefined];
  return {
    update(newDone: number, newDetail = detail): void {
      [done, detail] = [newDone, newDetail];
      meter.add(done, performance.now() / 1000);
    },
    state: (): ProgressState => ({ label, unit, total, done, detail, rate: meter.rate() }),
  };
}

function liveProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr } = options;
  const terminal = terminalOf(stream);
  const track = trackState(options);
  let shown = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let ended = false;
  const paintBar = (full: string, empty: string) =>
    paint(terminal, 'cyan', full) + paint(terminal, 'dim', empty);

  const draw = () => {
    drawnAt = performance.now();
    // A line as wide as the terminal would break in some of them.
    const line = formatProgress(track.state(), terminal.width() - 1, paintBar);
    if (line === shown) return;
    stream.write(CLEAR_LINE + line);
    shown = line;
  };
  const clear = () => {
    if (shown !== '') stream.write(CLEAR_LINE);
    shown = '';
  };
  // What came too soon after the last drawing is drawn by the timer.
  const timer = setInterval(draw, REDRAW_MILLISECONDS);
  timer.unref();

  return {
    update(done, detail) {
      track.update(done, detail);
      if (!ended && performance.now() - drawnAt >= REDRAW_MILLISECONDS) draw();
    },
    note(message) {
      clear();
      stream.write(`${printable(message)}\n`);
      if (!ended) draw();
    },
    end() {
      ended = true;
      clearInterval(timer);
      clear();
    },
  };
}

function plainProgress(options: ProgressOptions): Progress {
  const { stream = process.stderr } = options;
  const track = trackState(options);
  const start = performance.now();
  let first: number | undefined;
  let written = start;

  return {
    update(done, detail) {
      track.update(done, detail);
      if (first !== undefined && performance.now() - written < PLAIN_LINE_SECONDS * 1000) return;
      first ??= done;
      written = performance.now();
      stream.write(`${formatProgressLine(track.state())}\n`);
    },
    note(message) {
      stream.write(`${printable(message)}\n`);
    },
    end() {
      const { label, unit, done, total, detail } = track.state();
      if (first === undefined || done === first) return;
      const taken = formatDuration((performance.now() - start) / 1000);
      const rest = detail === undefined ? '' : `, ${detail}`;
      stream.write(
        `${label}: ${total === undefined ? done : `${done}/${total}`} ${unit} after ${taken}${rest}\n`,
      );
    },
  };
}
