import { program as makeProgram, rewrite, type Program, type Tensor } from '@rewardedit/graph';

/** A program as it is lowered: what is computed twice is computed once. */
export function prepare(given: Program): Program {
  const results = Object.fromEntries([
    ...Object.entries(given.outputs).map(([name, tensor]) => [`output ${name}`, tensor] as const),
    ...Object.entries(given.updates).map(([name, tensor]) => [`update ${name}`, tensor] as const),
  ]);
  const once = rewrite(results, shareEqual());
  const named = (kind: string, names: Iterable<string>) =>
    Object.fromEntries([...names].map((name) => [name, once[`${kind} ${name}`]]));
  return makeProgram({
    outputs: named('output', Object.keys(given.outputs)),
    updates: named('update', Object.keys(given.updates)),
  });
}

/** Gives the first of the nodes that compute the same from the same. What `after` holds back differs in its inputs. */
function shareEqual(): (tensor: Tensor) => Tensor {
  const known = new Map<string, Tensor>();
  const leaves = new Map<string, number>();

  /** Leaves stay as they are; those of one name, or of one number, are one. */
  function identity({ id, op, attributes, inputs }: Tensor): number {
    if (inputs.length > 0) return id;
    const values = (attributes as { readonly values?: unknown }).values;
    if (typeof values === 'object') return id;
    const key = `${op.name} ${JSON.stringify(attributes)}`;
    const first = leaves.get(key) ?? id;
    leaves.set(key, first);
    return first;
  }

  return (tensor) => {
    const key = `${tensor.op.name} ${tensor.inputs.map(identity).join()} ${JSON.stringify(tensor.attributes)}`;
    const earlier = known.get(key) ?? tensor;
    known.set(key, earlier);
    return earlier;
  };
}
