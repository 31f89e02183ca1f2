import { kernelCall, type ComputeType, type DType, type Operand } from '@rewardedit/graph';
import { ROW, type Element, type Load, type Source } from './element.ts';
import { helpersFor, roundedToHalf, WGSL_FORMULAS } from './formulas.ts';
import {
  isMultipleOf,
  open,
  printConditions,
  quotient,
  splitOff,
  substitute,
  uses,
  whole,
  type Condition,
  type Index,
} from './index-expression.ts';
import type { Stored } from './stored.ts';
import type { MatrixUnits } from './subgroup-matrix.ts';

/** The properties of a device that kernels depend on. */
export interface DeviceTraits {
  /** Whether the device supports f16. Without it, f16 tensors are stored as rounded f32. */
  readonly halves: boolean;
  /** Whether shaders run on the processor, where workgroup memory is no faster than other memory. */
  readonly software: boolean;
  /** The most tensors that one kernel can bind. */
  readonly maxStorageBuffers: number;
  /** Bytes of workgroup memory. */
  readonly workgroupMemory: number;
  /** The subgroup-matrix units for f16, if a test multiplication worked when the device was opened. */
  readonly matrices?: MatrixUnits | undefined;
}

/** One dispatch of a shader. */
export interface KernelStep {
  readonly label: string;
  readonly wgsl: string;
  /** The bound tensors, in binding order. */
  readonly tensors: readonly Stored[];
  readonly written: readonly Stored[];
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, for compute-bound kernels. */
  readonly operations?: number;
  /** The name of the algorithm, if there are several for the same result. */
  readonly body?: string;
  /** The other algorithms, any of which may be faster; the last is the simplest. Generated on demand. */
  readonly alternatives?: () => readonly KernelStep[];
}

/** The vector width of a computation, and the variable of the vector lanes. */
export type Width = 1 | 4;
export const LANE = 'lane';

export const MAX_WORKGROUPS = 65535;

/** A grid of this many workgroups, in two dimensions if one is too small. */
export function workgroupGrid(count: number): [number, number, number] {
  return count <= MAX_WORKGROUPS ? [count, 1, 1] : [MAX_WORKGROUPS, Math.ceil(count / MAX_WORKGROUPS), 1];
}

/** The number of a workgroup in this grid, in WGSL. */
export const WORKGROUP_NUMBER = `i32(group.x + group.y * ${MAX_WORKGROUPS}u)`;

export function bytesPerElement(dtype: DType, { halves }: Pick<DeviceTraits, 'halves'>): number {
  return dtype === 'f16' && halves ? 2 : 4;
}

/** A line of WGSL in a block. */
export function indented(line: string): string {
  return `  ${line}`;
}

/** Collects the bindings of a shader and prints it. */
export interface Shader {
  /** WGSL of a load of `width` elements along the lane variable; f32 or i32. */
  load(load: Load, width: Width): string;
  /** Statements that store a scalar, or a vector of four along the lane variable. */
  store(tensor: Stored, address: Index, value: string, width: Width): string[];
  /** Lines that compute elements, and the names of the results, all of which begin with the prefix. */
  render(
    elements: readonly Element[],
    options: { prefix: string; width: Width },
  ): { lines: string[]; results: string[] };
  step(options: {
    label: string;
    workgroup: readonly [number, number, number];
    workgroups: readonly [number, number, number];
    declarations?: readonly string[];
    /** WGSL extensions to enable. */
    enables?: readonly string[];
    body: readonly string[];
  }): KernelStep;
}

/**
 * Builds a kernel. A tensor that is accessed both by vectors and by scalars is bound as vectors; since this
 * is only known after both accesses, the kernel is then built again.
 */
export function buildKernel(traits: DeviceTraits, build: (shader: Shader) => KernelStep): KernelStep {
  const vectors = new Set<Stored>();
  for (;;) {
    try {
      return build(createShader(traits, vectors));
    } catch (error) {
      if (!(error instanceof MixedBinding)) throw error;
      vectors.add(error.tensor);
    }
  }
}

/** Thrown when a shader accesses a tensor both by vectors and by scalars. */
class MixedBinding extends Error {
  readonly tensor: Stored;

  constructor(tensor: Stored) {
    super('A tensor is accessed both by vectors and by scalars.');
    this.tensor = tensor;
  }
}

function createShader(traits: DeviceTraits, vectors: ReadonlySet<Stored>): Shader {
  const bindings = new Map<Stored, { name: string; wide: boolean }>();
  const written = new Set<Stored>();

  function scalarType(dtype: DType): string {
    if (dtype === 'f16') return traits.halves ? 'f16' : 'f32';
    return dtype;
  }

  /** One element or vector of a tensor, by its offset in units of the width. */
  function element(tensor: Stored, place: string, width: Width): string {
    const wide = width === 4 || vectors.has(tensor);
    const found = bindings.get(tensor);
    if (found && found.wide !== wide) throw new MixedBinding(tensor);
    const name = found?.name ?? `b${bindings.size}`;
    bindings.set(tensor, { name, wide });
    return wide && width === 1 ? `${name}[(${place}) >> 2u][(${place}) & 3]` : `${name}[${place}]`;
  }

  function load(source: Load, width: Width): string {
    const { tensor, inside, row } = source;
    const type = computeType(tensor.dtype);
    let address = source.address;
    if (width === 4 && !dependsOn(source, LANE)) return `vec4<${type}>(${load(source, 1)})`;
    if (width === 4 && !liesAlong(source, LANE)) {
      const lanes = LANES.map((place) => load(atLane(source, place), 1));
      return `vec4<${type}>(${lanes.join(', ')})`;
    }
    const conditions = open(inside);
    if (width === 4) address = quotient(splitOff(address, LANE)!.rest, 4);
    const typed = width === 4 ? `vec4<${type}>` : type;
    const place = row
      ? address.key.replaceAll(ROW, () => `clamp(${load(row.of, 1)}, 0, ${row.count - 1})`)
      : address.key;
    const converted = (code: string) =>
      tensor.dtype === 'f16' && traits.halves ? `${typed}(${code})` : code;
    if (conditions.length === 0) return converted(element(tensor, place, width));
    const test = printConditions(conditions);
    return `select(${typed}(0), ${converted(element(tensor, `select(0, ${place}, ${test})`, width))}, ${test})`;
  }

  function sourceCode(source: Source, width: Width, type: ComputeType): string {
    if (source.kind === 'load') return load(source, width);
    if (source.kind === 'given') return source.name;
    if (source.kind === 'index') {
      if (width === 1) return source.index.key;
      const lanes = LANES.map((place) => substitute(source.index, LANE, whole(place)).key);
      return `vec4<i32>(${lanes.join(', ')})`;
    }
    const { conditions } = source;
    if (width === 1) return `select(${type}(0), ${type}(1), ${printConditions(conditions)})`;
    if (!conditions.some(({ index }) => uses(index, LANE)))
      return `vec4<f32>(select(0.0, 1.0, ${printConditions(conditions)}))`;
    const lanes = LANES.map(
      (place) => `select(0.0, 1.0, ${printConditions(conditionsAt(conditions, place))})`,
    );
    return `vec4<f32>(${lanes.join(', ')})`;
  }

  function storeOne(tensor: Stored, place: Index, value: string, width: Width): string[] {
    const type = scalarType(tensor.dtype);
    const target = element(tensor, place.key, width);
    if (tensor.dtype !== 'f16') return [`${target} = ${value};`];
    const typed = width === 4 ? `vec4<${type}>` : type;
    return [`${target} = ${traits.halves ? `${typed}(${value})` : roundedToHalf(value, typed)};`];
  }

  return {
    load,
    store: (tensor, address, value, width) => {
      written.add(tensor);
      const together = width === 4 && liesAlong({ address, inside: [] }, LANE);
      if (width === 4 && !together) {
        return LANES.flatMap((lane) =>
          storeOne(tensor, substitute(address, LANE, whole(lane)), `${value}.${'xyzw'[lane]}`, 1),
        );
      }
      return storeOne(tensor, together ? quotient(splitOff(address, LANE)!.rest, 4) : address, value, width);
    },
    render: (elements, { prefix, width }) => {
      const { kernel, arrays } = kernelCall(elements, 2, () => false);
      const typed = (type: ComputeType) => (width === 4 ? `vec4<${type}>` : type);
      const types: ComputeType[] = [];
      const arrayTypes = arrays.map((source): ComputeType =>
        source.kind === 'index' || (source.kind === 'load' && source.tensor.dtype === 'i32') ? 'i32' : 'f32',
      );
      const typeOf = (operand: Operand): ComputeType => {
        if ('number' in operand) return operand.type;
        return 'array' in operand ? arrayTypes[operand.array] : types[(operand as { step: number }).step];
      };
      const code = (operand: Operand): string => {
        if ('number' in operand) return literal(operand.number, typed(operand.type));
        return 'array' in operand
          ? `${prefix}a${operand.array}`
          : `${prefix}t${(operand as { step: number }).step}`;
      };
      const lines = arrays.map(
        (source, i) => `let ${prefix}a${i} = ${sourceCode(source, width, arrayTypes[i])};`,
      );
      kernel.steps.forEach(({ formula, operands }, i) => {
        const type = typeOf(operands[0]);
        types.push(resultType(formula, typeOf(operands.at(-1)!)));
        lines.push(`let ${prefix}t${i} = ${WGSL_FORMULAS[formula](operands.map(code), typed(type))};`);
      });
      return { lines, results: kernel.results.map(code) };
    },
    step: ({ label, workgroup, workgroups, declarations = [], enables, body }) => {
      const code = [...declarations, ...body].join('\n');
      const wgsl = [
        ...(enables ??
          (traits.halves && [...bindings.keys()].some(({ dtype }) => dtype === 'f16')
            ? ['enable f16;']
            : [])),
        ...[...bindings].map(([{ dtype }, { name, wide }], i) => {
          const type = wide ? `vec4<${scalarType(dtype)}>` : scalarType(dtype);
          return `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<${type}>;`;
        }),
        ...(code.includes('special_bits') ? [SPECIAL_BITS] : []),
        ...helpersFor(code),
        ...declarations,
        `@compute @workgroup_size(${workgroup.join(', ')})`,
        'fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {',
        ...body.map(indented),
        '}',
      ].join('\n');
      return { label, wgsl, tensors: [...bindings.keys()], written: [...written], workgroups };
    },
  };
}

function computeType(dtype: DType): ComputeType {
  return dtype === 'i32' ? 'i32' : 'f32';
}

function resultType(formula: string, last: ComputeType): ComputeType {
  if (formula === 'truncate') return 'i32';
  return formula === 'float' ? 'f32' : last;
}

const LANES = [0, 1, 2, 3];

/** A load for one lane. */
function atLane({ row, ...load }: Load, place: number): Load {
  return {
    ...load,
    address: substitute(load.address, LANE, whole(place)),
    inside: conditionsAt(load.inside, place),
    ...(row && { row: { ...row, of: atLane(row.of, place) } }),
  };
}

function conditionsAt(conditions: readonly Condition[], place: number): Condition[] {
  return conditions.map(({ index, size }) => ({ index: substitute(index, LANE, whole(place)), size }));
}

function dependsOn({ address, inside, row }: Load, name: string): boolean {
  const indices = [address, ...inside.map(({ index }) => index)];
  return indices.some((index) => uses(index, name)) || (row !== undefined && dependsOn(row.of, name));
}

/** Whether the lanes of a vector are contiguous and aligned in memory. */
export function liesAlong(
  { address, inside, row }: Pick<Load, 'address' | 'inside' | 'row'>,
  name: string,
): boolean {
  if (row || inside.some(({ index }) => uses(index, name))) return false;
  const split = splitOff(address, name);
  return split !== undefined && split.stride === 1 && isMultipleOf(split.rest, 4);
}

/**
 * WGSL has no literals for infinity and NaN, and rejects constant expressions of such value; a private
 * variable hides them from the compiler.
 */
const SPECIAL_BITS = 'var<private> special_bits = array<u32, 3>(0x7f800000u, 0xff800000u, 0x7fc00000u);';

function literal(value: number, type: string): string {
  if (type.includes('i32')) return `${type}(${value})`;
  if (Number.isFinite(value)) {
    const rounded = Math.fround(value);
    return Number.isFinite(rounded) ? `${type}(${rounded})` : literal(rounded, type);
  }
  const place = Number.isNaN(value) ? 2 : value > 0 ? 0 : 1;
  return `${type}(bitcast<f32>(special_bits[${place}]))`;
}
