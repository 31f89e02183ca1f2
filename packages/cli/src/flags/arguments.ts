import { Args } from '@oclif/core';

/** A required argument, which is never read from stdin. */
export function requiredArgument(description: string) {
  return Args.string({ description, required: true, ignoreStdin: true });
}

/** One or more arguments, which are never read from stdin. */
export function severalArguments(description: string) {
  return Args.string({ description, required: true, multiple: true, ignoreStdin: true });
}

export const datasetArgument = requiredArgument('Dataset folder, or a .jsonl file in the same format.');
export const modelArgument = requiredArgument('Model folder or file.');
