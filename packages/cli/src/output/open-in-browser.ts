import { spawn } from 'node:child_process';

type Opener = { readonly command: string; readonly args: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** The program that opens a URL in the user's browser, without a shell; undefined without a display or in CI. */
export function browserOpener(
  platform: NodeJS.Platform = process.platform,
  environment: Environment = process.env,
): Opener | undefined {
  if (environment['CI']) return undefined;
  if (platform === 'darwin') return { command: 'open', args: [] };
  if (platform === 'win32') return { command: 'rundll32', args: ['url.dll,FileProtocolHandler'] };
  const hasScreen = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some((name) => environment[name]);
  return hasScreen ? { command: 'xdg-open', args: [] } : undefined;
}

/** Opens a URL in the user's browser, which outlives this process. Calls `onFailure` if that fails. */
export function openInBrowser(url: string, { command, args }: Opener, onFailure: () => void): void {
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true, shell: false });
  child.once('error', onFailure);
  child.once('exit', (code) => {
    if (code !== 0) onFailure();
  });
  child.unref();
}
