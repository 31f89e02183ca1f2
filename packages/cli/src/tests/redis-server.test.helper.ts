import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'vitest';

/** A server's program, where one is installed: Valkey, or else Redis. */
export const SERVER = ['valkey-server', 'redis-server']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((path) => existsSync(path));

if (SERVER === undefined)
  process.stderr.write('SKIPPED: the tests of the work queue need valkey-server or redis-server on PATH.\n');

/** Starts a server that keeps nothing on disk, for the time of the test; gives its URL. */
export async function startServer(
  onTestFinished: TestContext['onTestFinished'],
  password: string,
): Promise<string> {
  const listening = createServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  listening.close();
  const options = `--port ${port} --bind 127.0.0.1 --dir ${tmpdir()} --appendonly no --requirepass ${password}`;
  const child = spawn(SERVER!, [...options.split(' '), '--save', ''], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return `redis://127.0.0.1:${port}/0`;
    await sleep(20);
  }
}
