import { createRandom } from '@rewardedit/core';
import { cast, formatShape, sameShape, sizeOf, state, type Shape, type Tensor } from '@rewardedit/graph';

/** How a parameter is initialized in an untrained network. */
export type Initialization =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [-bound, bound]. */
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number };

/** The shape, type and initialization of a parameter; also a backend's `TensorSpec`. */
export interface ParameterSpec {
  readonly shape: Shape;
  /** Element type in a state. */
  readonly dtype: 'f32' | 'f16';
  readonly initialization: Initialization;
}

/** Parameters by checkpoint key, in the order of declaration. */
export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** A module path in a network, which prefixes the names of parameters and activations: `down_blocks.0.resnets.1`. */
export interface Scope {
  /** Element type of the layers; parameters are cast to it. */
  readonly dtype: 'f32' | 'f16';
  /** Returns the scope of a submodule. */
  at(name: string | number): Scope;
  /** Declares the parameter `<path>.<name>` and returns its state leaf, cast to the layers' type. Declaring it again returns the same tensor. */
  parameter(name: string, shape: Shape, initialization: Initialization): Tensor;
  /** Records the output of this module, for comparison with other implementations, and returns it. */
  trace(output: Tensor): Tensor;
}

/** A network under construction: its root scope, and what has been declared in it. */
export interface Network {
  readonly scope: Scope;
  readonly specs: ParameterSpecs;
  /** The state leaf of each parameter, for gradients. */
  readonly parameters: Readonly<Record<string, Tensor>>;
  /** The output of each traced module, by its path in diffusers and transformers. */
  readonly traces: Readonly<Record<string, Tensor>>;
}

export interface NetworkTypes {
  /** Element type of the parameters in a state; f32 by default, as training requires. */
  readonly parameters?: 'f32' | 'f16';
  /** Element type of the layers; that of the parameters by default. */
  readonly layers?: 'f32' | 'f16';
}

/** Creates an empty network, to be filled by `unet(network.scope, ...)` or `clipText(network.scope, ...)`. */
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

/** Returns the number of values of all parameters. */
export function parameterCount(specs: ParameterSpecs): number {
  return Object.values(specs).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/**
 * Generates untrained values, one parameter at a time. Each has its own random stream, addressed by the seed and its name, so adding or
 * removing a layer does not change the others.
 *
 * @param startsAtZero selects, by name, parameters to initialize to zero instead.
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
