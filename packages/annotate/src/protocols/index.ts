import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { dataProtocol } from './data-protocol.ts';
import { protocolSchema, readProtocolFile } from './protocol-file.ts';
import pairwise from './pairwise-v1.json' with { type: 'json' };
import type { Protocol } from './protocol.ts';
import realEditLike from './real-edit-like.json' with { type: 'json' };
import { rubricProtocol, rubricProtocolV2 } from './rubric/rubric-protocol.ts';
import viescoreLike from './viescore-like.json' with { type: 'json' };

/** The built-in protocols by the name that `--protocol` accepts. */
const BUILT_IN = {
  'rubric-v1': () => rubricProtocol,
  'rubric-v2': () => rubricProtocolV2,
  'real-edit-like': () => dataProtocol(protocolSchema.parse(realEditLike), 'real-edit-like'),
  'viescore-like': () => dataProtocol(protocolSchema.parse(viescoreLike), 'viescore-like'),
  'pairwise-v1': () => dataProtocol(protocolSchema.parse(pairwise), 'pairwise-v1'),
} as const;

export type ProtocolName = keyof typeof BUILT_IN;

export const PROTOCOL_NAMES = Object.keys(BUILT_IN) as [ProtocolName, ...ProtocolName[]];

/** Old names, from when these protocols claimed to be the published ones. Still accepted, with a notice. */
const RENAMED: Readonly<Record<string, ProtocolName>> = {
  viescore: 'viescore-like',
  'real-edit-v1': 'real-edit-like',
};

function canonical(name: string): string {
  return Object.hasOwn(RENAMED, name) ? RENAMED[name] : name;
}

function isBuiltIn(name: string): name is ProtocolName {
  return Object.hasOwn(BUILT_IN, name);
}

/** Whether a built-in protocol has this name. */
export function isProtocolName(name: string): boolean {
  return isBuiltIn(canonical(name));
}

export function builtInProtocol(name: ProtocolName): Protocol {
  return BUILT_IN[name]();
}

/** Returns a notice about the use of an old name; undefined for any other name. */
export function renamedNotice(named: string): string | undefined {
  const now = canonical(named);
  if (now === named) return undefined;
  return `The protocol ${named} is now called ${now}, because its questions only resemble the published ones.`;
}

/**
 * Opens a protocol by its name, or from a file. Throws `usage` if there is neither, and `bad-input` if the file is invalid.
 *
 * @param folder the folder that a relative path starts from: the working directory by default.
 */
export async function openProtocol(named: string, folder = '.'): Promise<Protocol> {
  const name = canonical(named);
  if (isBuiltIn(name)) return builtInProtocol(name);
  const path = resolve(folder, named);
  if (!existsSync(path)) {
    throw new RewardEditError('usage', `there is no protocol "${named}", nor a file of that name`, {
      where: '--protocol',
      hint: `${PROTOCOL_NAMES.join(', ')}, or a file as docs/protocols.md describes it`,
    });
  }
  const definition = await readProtocolFile(path);
  if (!isProtocolName(definition.name)) return dataProtocol(definition, path);
  throw new RewardEditError('bad-input', `${definition.name} is the name of a built-in protocol`, {
    where: path,
    hint: 'choose another name',
  });
}
