import { describeEvent, type LogEntry, type PhaseState, type Run, type RunState } from '@rewardedit/core';
import { formatDuration, printable } from '@rewardedit/core/text';
import { formatProgress, formatProgressLine } from './format-progress.ts';
import { progressOf } from './run-progress.ts';
import { paint, terminalOf } from './terminal.ts';

const REDRAW_MILLISECONDS = 100;
const PLAIN_LINE_SECONDS = 5;
const CLEAR_LINE = '\r\x1b[K';
/** Quarantined items that are printed individually. */
const MOST_SET_ASIDE = 20;

/** Shows the state of a run. */
type View = {
  update(state: RunState): void;
  /** Prints a message on its own line. */
  note(message: string): void;
  /** Called when the work has ended, successfully or not. */
  end(state: RunState): void;
};

/**
 * Shows the progress of a run on stderr until the returned function is called. On a terminal, one line with a bar is redrawn at most ten
 * times a second, and removed at the end. Anywhere else (a pipe, a file, `CI`, `NO_COLOR`), plain lines are printed at the start and end
 * of each phase, and every five seconds at most. Messages get lines of their own. With `quiet`, only warnings are printed.
 */
export function showProgress(
  run: Pick<Run, 'state' | 'subscribe'>,
  { stream = process.stderr, quiet = false }: { stream?: NodeJS.WriteStream; quiet?: boolean } = {},
): () => void {
  const view = quiet ? quietView(stream) : terminalOf(stream).live ? liveView(stream) : plainView(stream);
  let shown = 0;
  const update = (state: RunState) => {
    for (const entry of state.log) {
      const isNew = entry.number > shown && (!quiet || entry.event.type === 'warning');
      if (isNew) show(view, entry, state);
    }
    shown = state.log.at(-1)?.number ?? shown;
    view.update(state);
  };
  const unsubscribe = run.subscribe(update);
  update(run.state);
  return () => {
    unsubscribe();
    view.end(run.state);
  };
}

function show(view: View, { event }: LogEntry, { quarantined }: RunState): void {
  if (event.type !== 'quarantined' || quarantined.count <= MOST_SET_ASIDE) view.note(describeEvent(event));
  if (event.type === 'quarantined' && quarantined.count === MOST_SET_ASIDE)
    view.note('Further quarantined items are only listed in the quarantine file.');
}

function quietView(stream: NodeJS.WriteStream): View {
  return {
    update: () => undefined,
    note: (message) => stream.write(`${printable(message)}\n`),
    end: () => undefined,
  };
}

function liveView(stream: NodeJS.WriteStream): View {
  const terminal = terminalOf(stream);
  let state: RunState | undefined;
  let shown = '';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let ended = false;
  const paintBar = (full: string, empty: string) =>
    paint(terminal, 'cyan', full) + paint(terminal, 'dim', empty);

  const clear = () => {
    if (shown !== '') stream.write(CLEAR_LINE);
    shown = '';
  };
  const draw = () => {
    const progress = state && progressOf(state);
    if (progress === undefined) {
      clear();
      return;
    }
    drawnAt = performance.now();
    // Some terminals would wrap a line of full width.
    const line = formatProgress(progress, terminal.width() - 1, paintBar);
    if (line === shown) return;
    stream.write(CLEAR_LINE + line);
    shown = line;
  };
  // Draws updates that came too soon after the last drawing.
  const timer = setInterval(draw, REDRAW_MILLISECONDS);
  timer.unref();

  return {
    update(next) {
      state = next;
      // Clear a finished phase at once, before other output.
      const isOver = progressOf(next) === undefined;
      if (!ended && (isOver || performance.now() - drawnAt >= REDRAW_MILLISECONDS)) draw();
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

function plainView(stream: NodeJS.WriteStream): View {
  /** The phase, its progress on the first line, and when the last line was written. */
  let shown: { readonly phase: PhaseState; readonly first: number; written: number } | undefined;

  const begin = (state: RunState, phase: PhaseState) => {
    shown = { phase, first: phase.done, written: performance.now() };
    write(state, phase);
  };
  const write = (state: RunState, phase: PhaseState) => {
    const progress = progressOf(state, phase);
    if (progress !== undefined) stream.write(`${formatProgressLine(progress)}\n`);
  };
  const conclude = (state: RunState) => {
    if (shown === undefined) return;
    const { first, phase } = shown;
    shown = undefined;
    const last = state.phases.findLast((each) => isSame(each, phase));
    if (last === undefined || last.done === first) return;
    const { label, unit, done, total, detail } = progressOf(state, last)!;
    const taken = formatDuration(((last.endedAt ?? state.lastAt ?? last.startedAt) - last.startedAt) / 1000);
    const rest = detail === undefined ? '' : `, ${detail}`;
    stream.write(
      `${label}: ${total === undefined ? done : `${done}/${total}`} ${unit} after ${taken}${rest}\n`,
    );
  };

  return {
    update(state) {
      // Nested phases get no lines, which would break up those of the outer one.
      const phase = state.phases.find(({ endedAt }) => endedAt === undefined);
      if (shown !== undefined && (phase === undefined || !isSame(phase, shown.phase))) conclude(state);
      // The phase has only begun.
      if (phase === undefined || phase.pace.length === 0) return;
      if (shown === undefined) begin(state, phase);
      else if (performance.now() - shown.written >= PLAIN_LINE_SECONDS * 1000) {
        shown.written = performance.now();
        write(state, phase);
      }
    },
    note(message) {
      stream.write(`${printable(message)}\n`);
    },
    end: conclude,
  };
}

function isSame(one: PhaseState, other: PhaseState): boolean {
  return one.name === other.name && one.startedAt === other.startedAt;
}
