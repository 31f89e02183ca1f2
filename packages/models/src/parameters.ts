import { createRandom } from '@rewardedit/core';
import { cast, formatShape, sameShape, sizeOf, state, type Shape, type Tensor } from '@rewardedit/graph';

/** How a parameter's values are drawn when a network starts untrained. */
export type Initialization =
  | { readonly kind: 'constant'; readonly value: number }
  /** Evenly between -bound and bound. */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number };

/** What a parameter is; enough for a backend to make room for it (`TensorSpec`) and for a seed to fill it. */
export interface ParameterSpec {
  readonly shape: Shape;
  /** What a state keeps them in. */
  readonly dtype: 'f32' | 'f16';
  readonly initialization: Initialization;
}

/** Parameters by checkpoint key, in the order a network declares them. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** A place in a network, under whose path parameters and activations are named: `down_blocks.0.resnets.1`. */
export interface Scope {
  /** What layers compute in: parameters come in it. */
  readonly dtype: 'f32' | 'f16';
  /** The place one step further inside. */
  at(name: string | number): Scope;
  /** The parameter `<path>.<name>`: a state leaf under that name, cast to what layers compute in. Declared again, it is the same. */
  parameter(name: string, shape: Shape, initialization: Initialization): Tensor;
  /** Remembers what this place puts out, for comparison with other implementations, and returns it. */
  trace(output: Tensor): Tensor;
}

/** Where a network is built: its root scope, and what has been declared below it. */
export interface Network {
  readonly scope: Scope;
  readonly specs: ParameterSpecs;
  /** The state leaf of each parameter: what gradients are taken for. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The output of each place that was traced, by module path as diffusers and transformers name it. */
  readonly traces: Readonly<Record<string, Tensor>>;
}

export interface NetworkTypes {
  /** What a state keeps the parameters in, f32 by default: what is trained has to be. */
  readonly parameters?: 'f32' | 'f16';
  /** What layers compute in, by default what the parameters are in. */
  readonly layers?: 'f32' | 'f16';
}

/** An empty network, for `unet(network.scope, ...)` or `clipText(network.scope, ...)` to fill. */
export function createNetwork({ parameters: dtype = 'f32', layers = dtype }: NetworkTypes = {}): Network {
  const specs: Record<string, ParameterSpec> = {};
  const parameters: Record<string, Tensor> = {};
  const computed: Record<string, Tensor> = {};
  const traces: Record<string, Tensor> = {};

  function declare(name: string, spec: ParameterSpec): Tensor {
    const earlier = specs[name];
    if (earlier && !sameShape(earlier.shape, spec.shape)) {
      throw new Error(
        `The parameter "${name}" is declared as ${formatShape(earlier.shape)} and as ${formatShape(spec.shape)}.`,
      );
    }
    specs[name] ??= spec;
    parameters[name] ??= state(name, spec.shape, dtype);
    computed[name] ??= cast(parameters[name], layers);
    return computed[name];
  }

  function scopeAt(path: string): Scope {
    const inside = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
    return {
      dtype: layers,
      at: (name) => scopeAt(inside(name)),
      parameter: (name, shape, initialization) => declare(inside(name), { shape, dtype, initialization }),
      trace: (output) => {
        traces[path] = output;
        return output;
      },
    };
  }

  return { scope: scopeAt(''), specs, parameters, traces };
}

/** Number of values of all parameters together. */
export function parameterCount(specs: ParameterSpecs): number {
  return Object.values(specs).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/**
 * Untrained values, one parameter at a time. Each is drawn from a random stream of its own, made of the seed and its name, so
 * that adding or removing a layer changes no other one's start.
 *
 * @param startsAtZero chooses, by name, parameters that start at zero instead of as their layer says.
 */
export function* initialParameters(
  specs: ParameterSpecs,
  seed: number,
  startsAtZero: (name: string) => boolean = () => false,
): Generator<readonly [name: string, values: Float32Array]> {
  for (const [name, { shape, initialization }] of Object.entries(specs)) {
    const values = new Float32Array(sizeOf(shape));
    if (!startsAtZero(name)) fill(values, initialization, seed, name);
    yield [name, values];
  }
}

function fill(values: Float32Array, initialization: Initialization, seed: number, name: string): void {
  const random = createRandom(seed, name);
  switch (initialization.kind) {
    case 'constant':
      values.fill(initialization.value);
      break;
    case 'uniform':
      random.fillUniform(values, -initialization.bound, initialization.bound);
      break;
    case 'normal':
      random.fillNormal(values);
      for (let i = 0; i < values.length; i++) values[i] *= initialization.deviation;
      break;
  }
}
