import { Args } from '@oclif/core';

/** An argument that has to be there; what is piped into a command is never one. */
export function requiredArgument(description: string) {
  return Args.string({ description, required: true, ignoreStdin: true });
}

/** One or more of a kind. */
export function severalArguments(description: string) {
  return Args.string({ description, required: true, multiple: true, ignoreStdin: true });
}

export const datasetArgument = requiredArgument('Dataset folder, or a .jsonl file of the same form.');
export const modelArgument = requiredArgument('Model folder or file.');
