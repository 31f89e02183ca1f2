import type { Kernel } from '@rewardedit/graph';
import type { HostCall, HostStep, Source, Target } from './host-plan.ts';
import { compileTotal } from './total-kernel.ts';
import { compileUpdate } from './update-kernel.ts';

/** Resolves the arrays that a plan's steps name. */
export interface HostArrays {
  read(source: Source): ArrayLike<number>;
  target(target: Target, length: number): Float32Array;
}

/** Memoizes by content. */
function cached<From, Made>(make: (from: From) => Made): (from: From) => Made {
  const known = new Map<string, Made>();
  return (from) => {
    const key = JSON.stringify(from);
    const made = known.get(key) ?? make(from);
    known.set(key, made);
    return made;
  };
}

/** Prepared steps. */
export type HostRun = (arrays: HostArrays) => void;

/**
 * Prepares some of a plan's steps; the returned function executes them over the arrays of one run.
 *
 * @param numbers the plan's scalars, shared by all who execute some of its steps.
 */
export function prepareSteps(steps: readonly HostStep[], numbers: Float64Array): HostRun {
  const totalOf = cached<Kernel, ReturnType<typeof compileTotal>>(compileTotal);
  const updateOf = cached<Kernel, ReturnType<typeof compileUpdate>>(compileUpdate);
  const operands = ({ arrays, scalars }: HostCall, from: HostArrays) =>
    [arrays.map((source) => from.read(source)), scalars.map((scalar) => numbers[scalar])] as const;

  const ready: { readonly [Type in HostStep['type']]: (step: HostStep & { type: Type }) => HostRun } = {
    load:
      ({ scalar, source }) =>
      (arrays) => {
        numbers[scalar] = arrays.read(source)[0];
      },
    compute: ({ body }) => {
      // oxlint-disable-next-line typescript/no-implied-eval -- made of our own formulas only
      const compute = new Function('s', body) as (s: Float64Array) => void;
      return () => compute(numbers);
    },
    total: ({ scalar, call }) => {
      const total = totalOf(call.kernel);
      return (arrays) => {
        numbers[scalar] = total(call.length, ...operands(call, arrays));
      };
    },
    update: ({ call, targets, unlessZero }) => {
      const update = updateOf(call.kernel);
      return (arrays) => {
        if (unlessZero !== undefined && numbers[unlessZero] === 0) return;
        const stored = targets.map((target) => arrays.target(target, call.length));
        update(call.length, ...operands(call, arrays), stored);
      };
    },
    store:
      ({ scalar, target }) =>
      (arrays) => {
        arrays.target(target, 1)[0] = numbers[scalar];
      },
  };
  const runs = steps.map((step) => {
    // An indexed table cannot relate a step to the entry of its type.
    const prepare = ready[step.type] as (step: HostStep) => HostRun;
    return prepare(step);
  });
  return (arrays) => {
    for (const run of runs) run(arrays);
  };
}
