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

/** The peer's program lies beside the sources, the build one folder further down. */
const SCRIPT = fileURLToPath(
  new URL(
    import.meta.url.includes('/dist/') ? '../../bench/torch_unet.py' : './torch_unet.py',
    import.meta.url,
  ),
);

/**
 * The same network in PyTorch, in a process of its own (`python3`, or what the environment variable PYTHON names).
 *
 * @throws Error where there is no Python with PyTorch.
 */
export async function torchPeer(
  task: Readonly<Record<string, unknown>> & {
    threads: number;
    precision?: Precision;
    device?: 'cpu' | 'cuda';
  },
): Promise<TorchPeer> {
  const python = process.env['PYTHON'] ?? 'python3';
  const peer = spawn(python, [SCRIPT], {
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
    forward: async () => (await ask('forward')) as Turn,
    compiled: async () => (await ask('forward compiled')) as Turn,
    train: async () => (await ask('train')) as Turn,
    dispose: async () => {
      peer.stdin.end();
    },
  };
}
