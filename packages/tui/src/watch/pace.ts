import { availableParallelism } from 'node:os';

/** The share of the machine that drawing may use, so that watching does not slow down the run. */
const SHARE = 0.003;
const SHORTEST_MILLISECONDS = 100;
const LONGEST_MILLISECONDS = 4000;
/** The number of first frames without delay, which fill the screen. */
const FIRST_FRAMES = 5;

/** Decides when a screen may be redrawn. */
export type Pace = {
  /** The milliseconds to wait before the next frame. */
  rest(): number;
  /** Must be called at the beginning of each frame. */
  drawn(): void;
};

/**
 * Paces frames to a small share of the processors, based on the cost of the last one: ten times a second on a fast machine with
 * many cores, every other second on a slow one.
 *
 * @param now and `used` return milliseconds, of time and of processor time.
 */
export function createPace({
  cores = availableParallelism(),
  now = () => performance.now(),
  used = processorMilliseconds,
}: {
  readonly cores?: number;
  readonly now?: () => number;
  readonly used?: () => number;
} = {}): Pace {
  let frames = 0;
  let last = { at: -Infinity, used: 0 };
  return {
    rest() {
      const cost = frames > FIRST_FRAMES ? used() - last.used : 0;
      const pause = Math.min(Math.max(cost / (SHARE * cores), SHORTEST_MILLISECONDS), LONGEST_MILLISECONDS);
      return Math.max(0, last.at + pause - now());
    },
    drawn() {
      frames += 1;
      last = { at: now(), used: used() };
    },
  };
}

function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
