import { realEditProtocol } from './real-edit.ts';
import { rubricProtocol } from './rubric/rubric-protocol.ts';
import { viescoreProtocol } from './viescore.ts';

/** Every way of judging, by the name that `--protocol` takes. */
export const PROTOCOLS = {
  'rubric-v1': rubricProtocol,
  'real-edit-v1': realEditProtocol,
  viescore: viescoreProtocol,
} as const;

export type ProtocolName = keyof typeof PROTOCOLS;

export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as [ProtocolName, ...ProtocolName[]];
