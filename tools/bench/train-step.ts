import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { inspector } from './gpu/inspect.ts';
import { NETS, type Net, type NetName } from './nets.ts';
import type { Contestant, Race } from './race.ts';
import { timedNet, type Part } from './timed-net.ts';
import { torchPeer } from './torch-peer.ts';

/** The networks that are timed by default. */
export const USUAL_NETS: readonly NetName[] = ['unet-tiny', 'middle'];

export interface UNetRace {
  readonly backend: () => Promise<Backend>;
  readonly against: string | undefined;
  readonly threads: number;
  readonly precision: Precision;
  /** Overrides each network's own batch size. */
  readonly batch: number | undefined;
}

/**
 * A U-Net's forward pass, or training step with AdamW, optionally alternating with the same network in
 * PyTorch or on ONNX Runtime's WebGPU provider.
 */
export async function unetRace(
  name: NetName,
  part: Part,
  { backend: open, against, threads, precision, batch }: UNetRace,
): Promise<{ race: Race; dispose: () => Promise<void> }> {
  const net: Net = { ...NETS[name], ...(batch !== undefined && { batch }) };
  const backend = await open();
  const ours = await timedNet(backend, net, { part, precision });
  const peer = await peerOf(against, net, { part, precision, threads });
  if (peer && peer.parameters !== ours.parameters) {
    throw new Error(
      `${name}: ${ours.parameters} parameters here, ${peer.parameters} in the peer: the networks differ.`,
    );
  }
  const what = part === 'forward' ? 'forward' : 'forward + backward + AdamW';
  return {
    race: {
      name: `${name}, batch ${net.batch}, ${precision}, ${what}`,
      readySeconds: ours.readySeconds,
      ours: ours.turn,
      inspect: inspector(backend, ours.executable, ours.inputs),
      ...(peer && { peer: peer.turn, peerName: peer.name }),
    },
    dispose: async () => {
      await ours.dispose();
      await backend.dispose();
      await peer?.dispose();
    },
  };
}

interface Peer {
  readonly name: string;
  readonly parameters: number;
  readonly turn: Contestant;
  dispose(): Promise<void>;
}

async function peerOf(
  against: string | undefined,
  net: Net,
  { part, precision, threads }: { part: Part; precision: Precision; threads: number },
): Promise<Peer | undefined> {
  if (against === 'torch') {
    const peer = await torchPeer({ ...net, precision, threads });
    return { ...peer, turn: peer[part] };
  }
  if (against !== 'ort') return undefined;
  const backend = await createOnnxBackend({ provider: 'webgpu' });
  const there = await timedNet(backend, net, { part, precision });
  return {
    name: backend.name,
    parameters: there.parameters,
    turn: there.turn,
    dispose: async () => {
      await there.dispose();
      await backend.dispose();
    },
  };
}
