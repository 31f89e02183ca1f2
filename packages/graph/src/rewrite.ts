import { copyRegions } from './recompute.ts';
import { mapTensors, node, topologicalOrder, type NamedTensors, type Tensor } from './tensor.ts';

/**
 * Builds a graph again with some of its nodes replaced. Leaves stay as they are, and what was to be computed
 * again in the backward pass (`recompute`) still is, replacements included.
 *
 * @param replace given each node as it was built again, with the same op and attributes; gives what takes its
 * place, of the same shape, or undefined to leave it.
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
