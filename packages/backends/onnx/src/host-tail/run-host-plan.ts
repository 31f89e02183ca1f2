import type { Source } from './expressions.ts';
import type { HostPlan, HostStep, KernelCall, Target } from './host-plan.ts';

/** Finds the arrays that a plan's steps name. */
export interface HostArrays {
  read(source: Source): ArrayLike<number>;
  target(target: Target, length: number): Float32Array;
}

type Kernel = (
  n: number,
  arrays: readonly ArrayLike<number>[],
  scalars: readonly number[],
  targets: readonly Float32Array[],
) => number;

/** The sources are put together in this package, from the formulas of its own table. */
function compiled<Compiled>(
  cache: Map<string, Compiled>,
  parameters: readonly string[],
  body: string,
): Compiled {
  const known = cache.get(body);
  if (known) return known;
  // oxlint-disable-next-line typescript/no-implied-eval -- the source consists of the table's formulas, nothing from outside
  const made = new Function(...parameters, body) as Compiled;
  cache.set(body, made);
  return made;
}

/** Makes a plan ready: the returned function carries it out over the arrays of one run. */
export function createHostRun(plan: HostPlan): (arrays: HostArrays) => void {
  const kernels = new Map<string, Kernel>();
  const computations = new Map<string, (s: Float64Array) => void>();
  const scalars = new Float64Array(plan.scalars);

  function call(
    { body, length, arrays, scalars: places }: KernelCall,
    from: HostArrays,
    targets: readonly Float32Array[],
  ): number {
    const kernel = compiled(kernels, ['n', 'arrays', 'scalars', 'targets'], body);
    return kernel(
      length,
      arrays.map((source) => from.read(source)),
      places.map((place) => scalars[place]),
      targets,
    );
  }

  const run: {
    readonly [Type in HostStep['type']]: (step: HostStep & { type: Type }, arrays: HostArrays) => void;
  } = {
    load: ({ scalar, source }, arrays) => {
      [scalars[scalar]] = [arrays.read(source)[0]];
    },
    compute: ({ body }) => compiled(computations, ['s'], body)(scalars),
    total: ({ scalar, kernel }, arrays) => {
      scalars[scalar] = call(kernel, arrays, []);
    },
    update: ({ kernel, targets }, arrays) => {
      call(
        kernel,
        arrays,
        targets.map((target) => arrays.target(target, kernel.length)),
      );
    },
    store: ({ scalar, target }, arrays) => {
      arrays.target(target, 1)[0] = scalars[scalar];
    },
  };
  return (arrays) => {
    for (const step of plan.steps) {
      // A step fits the entry of its own type, which an indexed table cannot say.
      const carryOut = run[step.type] as (step: HostStep, arrays: HostArrays) => void;
      carryOut(step, arrays);
    }
  };
}
