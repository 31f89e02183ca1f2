import type { HostPlan, HostStep, Source } from './host-plan.ts';
import { createHelper, type Helper } from './helper.ts';
import type { SharedEntries } from './helper-protocol.ts';
import { prepareSteps, type HostArrays } from './run-host-plan.ts';

type Update = HostStep & { readonly type: 'update' };

/** A plan made ready for this thread, and for a second one where that pays. */
export interface SharedRun {
  run(arrays: HostArrays): Promise<void>;
  dispose(): void;
}

export interface Sharing {
  /** The state entries that a second thread sees, by their names in the plan. */
  readonly entries: SharedEntries;
  /** Whether a result of the model is for the host alone, and can be handed over. */
  readonly isPassing: (result: string) => boolean;
}

/** Elements whose updates take some milliseconds: below, to wake another thread up is not worth it. */
const ELEMENTS_WORTH_SHARING = 2 ** 20;

/**
 * Makes a plan ready. Updates have no array in common, so that a second thread can do half of them: each is done as a whole, by one
 * thread or the other, and the results are the same bit for bit.
 *
 * @param sharing absent where there is to be no second thread.
 */
export function createSharedRun({ scalars, steps }: HostPlan, sharing: Sharing | undefined): SharedRun {
  const numbers = new Float64Array(new SharedArrayBuffer(scalars * Float64Array.BYTES_PER_ELEMENT));
  const updates = steps.filter((step) => step.type === 'update');
  const theirs = new Set(sharing && halfOf(updates, sharing));
  // Single numbers come first, as the plan has them.
  const first = prepareSteps(
    steps.filter(({ type }) => type !== 'update' && type !== 'store'),
    numbers,
  );
  const own = prepareSteps(
    updates.filter((update) => !theirs.has(update)),
    numbers,
  );
  const last = prepareSteps(
    steps.filter(({ type }) => type === 'store'),
    numbers,
  );
  const helper = sharing && theirs.size > 0 ? helperFor([...theirs], numbers, sharing.entries) : undefined;
  const handedOver = [...theirs].flatMap(({ call }) => call.arrays.filter(({ from }) => from === 'result'));
  return {
    async run(arrays) {
      first(arrays);
      const results = handedOver.map((source) => [source.name, arrays.read(source) as Float32Array] as const);
      const helped = helper?.run(Object.fromEntries(results));
      own(arrays);
      await helped;
      last(arrays);
    },
    dispose: () => helper?.dispose(),
  };
}

function helperFor(steps: readonly Update[], numbers: Float64Array, all: SharedEntries): Helper {
  const names = steps.flatMap(namesOfEntries);
  return createHelper({
    steps,
    numbers,
    entries: Object.fromEntries(names.map((name) => [name, all[name]])),
  });
}

/** Updates for a second thread: about half of the work, of those that read and write nothing that it cannot see. */
function halfOf(updates: readonly Update[], { entries, isPassing }: Sharing): Update[] {
  const lengthOf = ({ call }: Update) => call.length;
  const all = updates.reduce((total, update) => total + lengthOf(update), 0);
  if (all < ELEMENTS_WORTH_SHARING) return [];
  const sees = ({ from, name }: Source) => from === 'state' || (from === 'result' && isPassing(name));
  const chosen: Update[] = [];
  let left = all / 2;
  // The largest first, so that small ones fill up what is left.
  for (const update of updates.toSorted((a, b) => lengthOf(b) - lengthOf(a))) {
    const { call, targets } = update;
    const isSeen = call.arrays.every(sees) && targets.every(({ to }) => to === 'state');
    if (!isSeen || lengthOf(update) > left || !namesOfEntries(update).every((name) => name in entries))
      continue;
    chosen.push(update);
    left -= lengthOf(update);
  }
  return chosen;
}

function namesOfEntries({ call, targets }: Update): string[] {
  const read = call.arrays.flatMap(({ from, name }) => (from === 'state' ? [name] : []));
  return [...new Set([...read, ...targets.map(({ name }) => name)])];
}
