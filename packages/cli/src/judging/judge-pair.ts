import type { JudgeChoice, Judgement, OpenedJudge } from '@rewardedit/annotate';
import type { Emit, Triplet } from '@rewardedit/core';
import { shellWord } from '@rewardedit/core/text';

/** One edit to judge, with the paths of its pictures. */
export type JudgedPair = Pick<Triplet, 'instruction' | 'original' | 'edited'> & {
  readonly truth?: string | undefined;
};

/** Scores one edit. Throws 'bad-input' if a picture cannot be read. */
export async function judgePair(
  { judge }: OpenedJudge,
  { truth, ...known }: JudgedPair,
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: Emit },
): Promise<Judgement> {
  const { judgedTriplet } = await import('@rewardedit/annotate');
  // The id is only used in events; cached replies are keyed by the request.
  const triplet = judgedTriplet(
    { resolve: (path) => path },
    { id: known.edited, ...known, ...(truth !== undefined && { truth }) },
  );
  return judge.judge(triplet, { signal, cancel: signal, emit });
}

/** The command line that judges the edit. */
export function judgeCommand(
  { original, edited, instruction }: JudgedPair,
  { judge, baseUrl, protocol }: Pick<JudgeChoice, 'judge' | 'baseUrl' | 'protocol'>,
): string {
  const options = [
    ['judge', judge],
    ['protocol', protocol],
    ...(baseUrl === undefined ? [] : [['base-url', baseUrl]]),
  ].flatMap(([name, value]) => [`--${name}`, shellWord(value)]);
  return ['rewardedit judge edit', ...options, '--', ...[original, edited, instruction].map(shellWord)].join(
    ' ',
  );
}
