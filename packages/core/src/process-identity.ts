import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/**
 * Which process it is, told so that others can find out whether it still runs. A number alone says nothing: each container
 * counts its own processes, each host too, and a number is given away again. What the system does not tell is ''.
 */
export const processIdentitySchema = z.object({
  host: z.string(),
  /** The start of the system's kernel: another after each reboot, the same in all containers of a machine. */
  boot: z.string(),
  /** The PID namespace (pid_namespaces(7)) in which `pid` counts. */
  pidNamespace: z.string(),
  pid: z.int(),
  /** When it began, in ticks since the start of the system. */
  start: z.string(),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

export function thisProcess(): ProcessIdentity {
  return (own ??= {
    host: hostname(),
    boot: told(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: told(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    start: statusOf('self')?.start ?? '',
  });
}

let own: ProcessIdentity | undefined;

/**
 * Whether a process runs, as far as this one can prove it: only where both are on one host since the same start, and count
 * processes in one namespace. (Where a container is gone and its namespace's number was given to this one's, all its processes
 * have ended, and "dead" is true.) Everywhere else, and on systems without /proc, it is 'unknown'.
 */
export function fateOf(other: ProcessIdentity): 'running' | 'dead' | 'unknown' {
  if (!countsAlike(other)) return 'unknown';
  if (!exists(other.pid)) return 'dead';
  // A /proc of another namespace than this process's shows others under these numbers.
  if (told(() => readlinkSync('/proc/self')) !== String(process.pid)) return 'unknown';
  const status = statusOf(other.pid);
  if (status === undefined || other.start === '') return 'unknown';
  // One that has ended stays as a zombie until its parent looks, which some containers' first process never does.
  return status.start === other.start && !'ZX'.includes(status.state) ? 'running' : 'dead';
}

/** Names all processes that are numbered together: 8 hexadecimal digits, '' where one cannot know. */
export function processSpace(): string {
  const { host, boot, pidNamespace } = thisProcess();
  if (boot === '' || pidNamespace === '') return '';
  return createHash('sha256')
    .update(JSON.stringify([host, boot, pidNamespace]))
    .digest('hex')
    .slice(0, 8);
}

/** Whether there is a process of this number, of those that are numbered together with this one. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user may not be signalled, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function countsAlike({ host, boot, pidNamespace }: ProcessIdentity): boolean {
  const here = thisProcess();
  if (here.boot === '' || here.pidNamespace === '') return false;
  return host === here.host && boot === here.boot && pidNamespace === here.pidNamespace;
}

function statusOf(pid: number | 'self'): { readonly state: string; readonly start: string } | undefined {
  // The name of the program stands in parentheses, and may hold spaces; the state is the 3rd field, the start the 22nd.
  const text = told(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.length < 20 ? undefined : { state: fields[0], start: fields[19] };
}

function told(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
