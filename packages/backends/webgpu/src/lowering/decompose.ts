import { program as makeProgram, rewrite, type Program } from '@rewardedit/graph';

/** The same program with some ops replaced by the simpler ones they stand for. */
export function decompose(program: Program, names: ReadonlySet<string>): Program {
  const outputs = Object.entries(program.outputs).map(
    ([name, tensor]) => [`output ${name}`, tensor] as const,
  );
  const updates = Object.entries(program.updates).map(
    ([name, tensor]) => [`update ${name}`, tensor] as const,
  );
  const rebuilt = rewrite(Object.fromEntries([...outputs, ...updates]), ({ op, inputs, attributes }) =>
    names.has(op.name) ? op.decompose?.(inputs, attributes) : undefined,
  );
  const named = (kind: string, names: Iterable<string>) =>
    Object.fromEntries([...names].map((name) => [name, rebuilt[`${kind} ${name}`]]));
  return makeProgram({
    outputs: named('output', Object.keys(program.outputs)),
    updates: named('update', Object.keys(program.updates)),
  });
}
