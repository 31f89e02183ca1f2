import { sizeOf, stridesOf } from '@rewardedit/graph';
import { createElements, type Element, type Elements } from '../codegen/element.ts';
import { addressOf, indexOf, plus, times, variable, type Index } from '../codegen/index-expression.ts';
import { indexInOrder } from '../codegen/memory-order.ts';
import {
  buildKernel,
  LANE,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
} from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';

const WORKGROUP = 64;

/** A tensor and the expression of its elements. */
export interface Mapped {
  readonly tensor: Stored;
  value(make: Elements, index: readonly Index[]): Element;
}

/** Computes tensors of the same size element by element in one pass, in the memory order of the first. */
export function mapKernel(traits: DeviceTraits, label: string, results: readonly Mapped[]): KernelStep {
  const [{ tensor: first }] = results;
  const total = sizeOf(first.shape);
  const width = total % 4 === 0 ? 4 : 1;
  const invocations = total / width;
  const i = plus(times(variable('i', invocations), width), variable(LANE, width));
  const number = inMemoryOrder(first, i);
  return buildKernel(traits, (shader) => {
    const make = createElements();
    const indices = results.map(({ tensor }) => indexOf(number, tensor.shape));
    const values = results.map(({ value }, k) => value(make, indices[k]));
    const { lines, results: names } = shader.render(values, { prefix: '', width });
    const workgroups = Math.ceil(invocations / WORKGROUP);
    return shader.step({
      label,
      workgroup: [WORKGROUP, 1, 1],
      workgroups: workgroupGrid(workgroups),
      body: [
        `let i = ${WORKGROUP_NUMBER} * ${WORKGROUP} + i32(local);`,
        ...(workgroups * WORKGROUP === invocations && workgroups < 65536
          ? []
          : [`if (i >= ${invocations}) { return; }`]),
        ...lines,
        ...results.flatMap(({ tensor }, k) =>
          shader.store(tensor, addressOf(indices[k], tensor.strides), names[k], width),
        ),
      ],
    });
  });
}

/** The row-major number of an element, from its number in memory order. */
function inMemoryOrder({ shape, strides }: Stored, place: Index): Index {
  const order = [...shape.keys()].sort((a, b) => strides[b] - strides[a] || a - b);
  return addressOf(indexInOrder(place, shape, order), stridesOf(shape));
}
