import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Precision } from '@rewardedit/diffusion';
import type { Contestant, Turn } from './race.ts';

export interface TorchPeer {
  /** `PyTorch 2.x`. */
  readonly name: string;
  readonly parameters: number;
  readonly forward: Contestant;
  /** With `torch.compile`. The first turn compiles. */
  readonly compiled: Contestant;
  readonly train: Contestant;
  dispose(): Promise<void>;
}

/** A network in PyTorch that takes turns on request. */
export interface AskedPeer {
  readonly name: string;
  readonly parameters: number;
  turn(kind: string): Promise<Turn>;
  dispose(): Promise<void>;
}

/** The Python script is next to the sources; the build is one folder deeper. */
function scriptPath(script: string): string {
  const folder = import.meta.url.includes('/dist/') ? '../../bench' : '.';
  return fileURLToPath(new URL(`${folder}/${script}`, import.meta.url));
}

/** The same U-Net in PyTorch. @throws as `askedPeer`. */
export async function torchPeer(
  task: Readonly<Record<string, unknown>> & {
    threads: number;
    precision?: Precision;
    device?: 'cpu' | 'cuda';
  },
): Promise<TorchPeer> {
  const { turn, ...peer } = await askedPeer('torch_unet.py', task);
  return {
    ...peer,
    forward: () => turn('forward'),
    compiled: () => turn('forward compiled'),
    train: () => turn('train'),
  };
}

/**
 * Runs a network in PyTorch in a separate process (`python3`, or the PYTHON environment variable).
 *
 * @param script builds the network from the task.
 * @throws Error if Python or PyTorch is missing.
 */
export async function askedPeer(
  script: string,
  task: Readonly<Record<string, unknown>> & { threads: number },
): Promise<AskedPeer> {
  const python = process.env['PYTHON'] ?? 'python3';
  const peer = spawn(python, [scriptPath(script)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(task.threads) },
  });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<unknown> => {
    peer.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done === true)
      throw new Error(
        `${python} with PyTorch is needed as the peer; see the lines above. Set PYTHON to name another Python.`,
      );
    return JSON.parse(answer.value);
  };
  const { version, parameters } = (await ask(JSON.stringify(task))) as {
    version: string;
    parameters: number;
  };
  return {
    name: `PyTorch ${version}`,
    parameters,
    turn: async (kind) => (await ask(kind)) as Turn,
    dispose: async () => {
      peer.stdin.end();
    },
  };
}
