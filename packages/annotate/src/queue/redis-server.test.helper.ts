import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectQueue } from './connect-queue.ts';
import { parseQueueAddress } from './queue-address.ts';

/** The server's program, if one is installed: Valkey, or else Redis. */
export const SERVER = ['valkey-server', 'redis-server']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find(isExecutable);

if (SERVER === undefined)
  process.stderr.write('SKIPPED: the tests of the work queue need valkey-server or redis-server on PATH.\n');

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A server for this test alone, on a free port of this machine. */
export type TestServer = {
  readonly url: string;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and with the same folder. */
  start(): Promise<void>;
  /** Ends it for good, and removes its folder. */
  remove(): Promise<void>;
};

/** Starts a server; `options` are those of its configuration, such as `--requirepass`. It stores nothing on disk by default. */
export async function startServer(...options: readonly string[]): Promise<TestServer> {
  if (SERVER === undefined) throw new Error('there is no server to start');
  const program = SERVER;
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  let child: ChildProcess | undefined;
  const start = async () => {
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    child = spawn(program, [...own, ...options], { stdio: 'ignore' });
    await untilReachable(url);
  };
  const kill = async () => {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    child = undefined;
  };
  await start();
  return {
    url,
    kill,
    start,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilReachable(url: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      (await connectQueue({ address: parseQueueAddress(url) })).close();
      return;
    } catch (error) {
      // A server that asks for a password is running.
      if (error instanceof Error && 'code' in error && error.code === 'authentication') return;
      if (performance.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
