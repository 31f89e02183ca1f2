import type { Spending } from '@rewardedit/annotate';
import type { EventBody } from '@rewardedit/core';
import { formatDollars } from './format-spending.ts';
import type { Progress } from './progress.ts';
import { oneLine } from './terminal.ts';

/** So many triplets that are set aside are told of one by one. */
const MOST_NOTES = 20;

export type JudgingOptions = {
  readonly progress: Progress;
  readonly total: number;
  /** The list of triplets that are set aside. */
  readonly quarantine: string;
  readonly spending: (() => Pick<Spending, 'dollars'>) | undefined;
};

/** Shows the events of judging as progress: what is done, what was set aside, what it cost and will have cost. */
export function judgingProgress({
  progress,
  total,
  quarantine,
  spending,
}: JudgingOptions): (event: EventBody) => void {
  let [done, before, setAside] = [0, 0, 0];
  return (event) => {
    if (event.type === 'warning') {
      progress.note(event.message);
      return;
    }
    if (event.type === 'quarantined') {
      setAside += 1;
      if (setAside <= MOST_NOTES) progress.note(oneLine(`Set aside ${event.id}: ${event.reason}`));
      if (setAside === MOST_NOTES) progress.note(`Further ones are told of in ${quarantine} only.`);
    }
    if (event.type === 'progress') before += event.done - done;
    done = event.type === 'progress' ? event.done : done + 1;
    progress.update(done, describeCost(spending?.().dollars, done - before, total - before));
  };
}

/** What was spent, and what all will have cost at this rate. */
function describeCost(dollars: number | undefined, done: number, total: number): string | undefined {
  if (dollars === undefined || dollars === 0) return undefined;
  const forecast = done === 0 ? '' : ` of about ${formatDollars((dollars / done) * total)}`;
  return `${formatDollars(dollars)}${forecast}`;
}
