import { availableParallelism } from 'node:os';

/** The share of the machine that drawing may take: who watches must not slow down what is watched. */
const SHARE = 0.003;
const SHORTEST_MILLISECONDS = 100;
const LONGEST_MILLISECONDS = 4000;
/** Frames that come as fast as they may, with which a screen fills up. */
const FIRST_FRAMES = 5;

/** When a screen may be drawn again. */
export type Pace = {
  /** How many milliseconds there are to wait before the next frame. */
  rest(): number;
  /** To be told of each frame when it begins. */
  drawn(): void;
};

/**
 * Frames as often as a small share of the processors allows, by what the last one took of them: ten times a second where it is drawn quickly
 * and there are many, every other second where it is the work of a slow machine.
 *
 * @param now and `used` give milliseconds, of time and of the processors.
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
