import type { HostPlan, HostStep, Source } from './host-plan.ts';
import { createHelper, type Helper } from './helper.ts';
import { prepareSteps, type HostArrays } from './run-host-plan.ts';

type Update = HostStep & { readonly type: 'update' };

/** A plan made ready for this thread, and for a second one where that pays. */
export interface SharedRun {
  run(arrays: HostArrays): Promise<void>;
  dispose(): void;
}

export interface Sharing {
  /** Brings a state entry to where a second thread sees it. */
  readonly shared: (entry: string) => Float32Array;
  /** A result of the model where a second thread sees it; undefined where it lies elsewhere. */
  readonly result: (name: string) => Float32Array | undefined;
}

/** Elements whose updates take some milliseconds: below, to wake another thread up is not worth it. */
const ELEMENTS_WORTH_SHARING = 2 ** 20;

/**
 * Makes a plan ready. Updates have no array in common, so that a second thread can do half of them, and the sums over the results that
 * these read: each is done as a whole, by one thread or the other, and the results are the same bit for bit.
 *
 * @param sharing absent where there is to be no second thread.
 */
export function createSharedRun({ scalars, steps }: HostPlan, sharing: Sharing | undefined): SharedRun {
  const numbers = new Float64Array(new SharedArrayBuffer(scalars * Float64Array.BYTES_PER_ELEMENT));
  const updates = steps.filter((step) => step.type === 'update');
  const theirUpdates = sharing ? halfOf(updates, (result) => sharing.result(result) !== undefined) : [];
  const theirResults = new Set(theirUpdates.flatMap(({ call }) => namesOf(call.arrays, 'result')));
  const theirSums = steps.filter((step) => isFirstSum(step) && isOver(step, theirResults));
  const theirs = new Set<HostStep>([...theirUpdates, ...theirSums]);
  const prepared = (belongs: (step: HostStep) => boolean) =>
    prepareSteps(
      steps.filter((step) => belongs(step) && !theirs.has(step)),
      numbers,
    );
  const sums = prepared(isFirstSum);
  const rest = prepared((step) => step.type !== 'update' && step.type !== 'store' && !isFirstSum(step));
  const ownUpdates = prepared(({ type }) => type === 'update');
  const stores = prepared(({ type }) => type === 'store');
  const helper =
    sharing && theirs.size > 0 ? helperFor([theirSums, theirUpdates], numbers, sharing) : undefined;
  return {
    async run(arrays) {
      const helped = helper?.run(0);
      sums(arrays);
      await helped;
      rest(arrays);
      const finished = helper?.run(1);
      ownUpdates(arrays);
      await finished;
      stores(arrays);
    },
    dispose: () => helper?.dispose(),
  };
}

/** Whether a step is a sum that needs no other number: it may as well be done before all others. */
function isFirstSum(step: HostStep): step is HostStep & { readonly type: 'total' } {
  return step.type === 'total' && step.call.scalars.length === 0;
}

/** Whether a sum reads nothing but these results. */
function isOver({ call }: HostStep & { readonly type: 'total' }, results: ReadonlySet<string>): boolean {
  return call.arrays.every(({ from, name }) => from === 'result' && results.has(name));
}

function helperFor(
  rounds: readonly [sums: readonly HostStep[], updates: readonly Update[]],
  numbers: Float64Array,
  { shared, result }: Sharing,
): Helper {
  const arrays = (names: readonly string[], find: (name: string) => Float32Array) =>
    Object.fromEntries(Array.from(new Set(names), (name) => [name, find(name)]));
  return createHelper({
    rounds,
    numbers,
    entries: arrays(rounds[1].flatMap(namesOfEntries), shared),
    results: arrays(
      rounds[1].flatMap(({ call }) => namesOf(call.arrays, 'result')),
      (name) => result(name)!,
    ),
  });
}

function namesOf(sources: readonly Source[], kind: Source['from']): string[] {
  return sources.flatMap(({ from, name }) => (from === kind ? [name] : []));
}

/** Updates for a second thread: about half of the work, of those that read and write nothing that it cannot see. */
function halfOf(updates: readonly Update[], seesResult: (name: string) => boolean): Update[] {
  const lengthOf = ({ call }: Update) => call.length;
  const all = updates.reduce((total, update) => total + lengthOf(update), 0);
  if (all < ELEMENTS_WORTH_SHARING) return [];
  const sees = ({ from, name }: Source) => from === 'state' || (from === 'result' && seesResult(name));
  const chosen: Update[] = [];
  let left = all / 2;
  // The largest first, so that small ones fill up what is left.
  for (const update of updates.toSorted((a, b) => lengthOf(b) - lengthOf(a))) {
    const { call, targets } = update;
    const isSeen = call.arrays.every(sees) && targets.every(({ to }) => to === 'state');
    if (!isSeen || lengthOf(update) > left) continue;
    chosen.push(update);
    left -= lengthOf(update);
  }
  return chosen;
}

function namesOfEntries({ call, targets }: Update): string[] {
  return [...namesOf(call.arrays, 'state'), ...targets.map(({ name }) => name)];
}
