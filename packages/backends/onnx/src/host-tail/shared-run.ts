import type { HostPlan, HostStep, Source } from './host-plan.ts';
import { createHelper, type Helper } from './helper.ts';
import { prepareSteps, type HostArrays } from './run-host-plan.ts';

type Update = HostStep & { readonly type: 'update' };

/** A plan prepared for this thread, and for a second one if that is worthwhile. */
export interface SharedRun {
  run(arrays: HostArrays): Promise<void>;
  dispose(): void;
}

export interface Sharing {
  /** Moves a state entry to shared memory. */
  readonly shared: (entry: string) => Float32Array;
  /** A result of the model in shared memory; undefined if it is elsewhere. */
  readonly result: (name: string) => Float32Array | undefined;
}

/** Updates of fewer elements take too little time to be worth waking another thread. */
const ELEMENTS_WORTH_SHARING = 2 ** 20;

/**
 * Prepares a plan. Updates have no array in common, so a second thread can execute half of them, and the sums
 * over the results that these read. Each is executed whole, by one thread or the other, so results are equal
 * bit for bit.
 *
 * @param sharing undefined for no second thread.
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

/** Whether a step is a sum that depends on no scalar, and so can run first. */
function isFirstSum(step: HostStep): step is HostStep & { readonly type: 'total' } {
  return step.type === 'total' && step.call.scalars.length === 0;
}

/** Whether a sum reads only these results. */
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

/** Selects updates for a second thread: about half of the work, among those that only use shared memory. */
function halfOf(updates: readonly Update[], seesResult: (name: string) => boolean): Update[] {
  const lengthOf = ({ call }: Update) => call.length;
  const all = updates.reduce((total, update) => total + lengthOf(update), 0);
  if (all < ELEMENTS_WORTH_SHARING) return [];
  const sees = ({ from, name }: Source) => from === 'state' || (from === 'result' && seesResult(name));
  const chosen: Update[] = [];
  let left = all / 2;
  // The largest first, so that small ones balance the rest.
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
