import { copyRegions } from './recompute.ts';
import { mapTensors, node, topologicalOrder, type NamedTensors, type Tensor } from './tensor.ts';

/**
 * Rebuilds a graph with some of its nodes replaced. Leaves are kept, and regions that the backward pass
 * recomputes (`recompute`) stay such regions, replacements included.
 *
 * @param replace receives each rebuilt node, with its op and attributes; returns a replacement of the same
 * shape, or undefined to keep it.
 */
export function rewrite(
  outputs: NamedTensors,
  replace: (tensor: Tensor) => Tensor | undefined,
): NamedTensors {
  const rebuilt = new Map<Tensor, Tensor>();
  const copying = copyRegions();
  for (const tensor of topologicalOrder(Object.values(outputs))) {
    if (tensor.inputs.length === 0) {
      rebuilt.set(tensor, tensor);
      continue;
    }
    rebuilt.set(
      tensor,
      copying(tensor, () => {
        const again = node(
          tensor.op,
          tensor.inputs.map((input) => rebuilt.get(input)!),
          tensor.attributes,
        );
        return replace(again) ?? again;
      }),
    );
  }
  return mapTensors(outputs, (tensor) => rebuilt.get(tensor)!);
}
