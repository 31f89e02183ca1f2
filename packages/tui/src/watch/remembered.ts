import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FIRST_SETTINGS, type ViewSettings } from './view-settings.ts';

const schema = z.object({
  chosen: z.record(z.string(), z.boolean()).catch({}),
  axis: z.enum(['auto', 'linear', 'log']).catch('auto'),
  smoothing: z.int().min(0).max(3).catch(0),
});

/** The file that stores view settings (XDG Base Directory Specification). */
export function settingsPath(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: state = '' } = environment;
  return join(state === '' ? join(homedir(), '.local', 'state') : state, 'rewardedit', 'screens.json');
}

/** Reads the view settings of the last time; the defaults if there are none or they cannot be read. */
export async function recallSettings(path = settingsPath()): Promise<ViewSettings> {
  try {
    const { chosen, axis, smoothing } = schema.parse(JSON.parse(await readFile(path, 'utf8')));
    return { ...FIRST_SETTINGS, chosen, axis, smoothing };
  } catch {
    return FIRST_SETTINGS;
  }
}

/** Stores the view settings. Ignores failures, which are not worth an error. */
export async function rememberSettings(
  { chosen, axis, smoothing }: ViewSettings,
  path = settingsPath(),
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, JSON.stringify({ chosen, axis, smoothing }));
    await rename(temporary, path);
  } catch {
    // The next time starts with the defaults.
  }
}
