import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/**
 * Identifies a process so that others can find out whether it is still running. A PID alone is not enough: it is relative to a host and container,
 * and is reused. Unknown values are ''.
 */
export const processIdentitySchema = z.object({
  host: z.string(),
  /** Boot id of the kernel: changes with each reboot, and is shared by all containers of a machine. */
  boot: z.string(),
  /** The PID namespace (pid_namespaces(7)) of `pid`. */
  pidNamespace: z.string(),
  pid: z.int(),
  /** Start time, in clock ticks since boot. */
  start: z.string(),
});

export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

export function thisProcess(): ProcessIdentity {
  return (own ??= {
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    start: statusOf('self')?.start ?? '',
  });
}

let own: ProcessIdentity | undefined;

/**
 * Returns whether a process is provably running or dead, which requires the same host, boot and PID namespace. (If a container has ended and its
 * namespace number was reused for this one, all its processes have ended, so 'dead' is correct.) Otherwise, and on systems without /proc,
 * it is 'unknown'.
 */
export function fateOf(other: ProcessIdentity): 'running' | 'dead' | 'unknown' {
  if (!countsAlike(other)) return 'unknown';
  if (!exists(other.pid)) return 'dead';
  // A /proc of another namespace lists other processes.
  if (orEmpty(() => readlinkSync('/proc/self')) !== String(process.pid)) return 'unknown';
  const status = statusOf(other.pid);
  if (status === undefined || other.start === '') return 'unknown';
  // An ended process is a zombie until its parent waits for it, which the first process of some containers never does.
  return status.start === other.start && !'ZX'.includes(status.state) ? 'running' : 'dead';
}

/** Returns an id shared by all processes in the same PID namespace: 8 hexadecimal digits, or '' if unknown. */
export function processSpace(): string {
  const { host, boot, pidNamespace } = thisProcess();
  if (boot === '' || pidNamespace === '') return '';
  return createHash('sha256')
    .update(JSON.stringify([host, boot, pidNamespace]))
    .digest('hex')
    .slice(0, 8);
}

/** Returns whether a PID exists in this process's namespace. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user exists but cannot be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function countsAlike({ host, boot, pidNamespace }: ProcessIdentity): boolean {
  const here = thisProcess();
  if (here.boot === '' || here.pidNamespace === '') return false;
  return host === here.host && boot === here.boot && pidNamespace === here.pidNamespace;
}

function statusOf(pid: number | 'self'): { readonly state: string; readonly start: string } | undefined {
  // The program name is in parentheses and may contain spaces; the state is the 3rd field, the start time the 22nd.
  const text = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.length < 20 ? undefined : { state: fields[0], start: fields[19] };
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
