import { once } from 'node:events';
import type { SuspendTerminal } from 'ink';
import { resizePicture, type Picture } from '@rewardedit/data';
import { pixelsFor } from './cells.ts';
import { KITTY_CLEAR, kittyPicture, knownProtocol, sixelPicture, type PictureProtocol } from './protocols.ts';
import { firstPicture } from './use-picture.ts';

type Place = {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly suspendTerminal: SuspendTerminal;
  readonly columns: number;
  readonly rows: number;
};

const CLEAR = '\u001B[2J\u001B[H';
/** The assumed pixels of a character for sixels, rather too small than too large. */
const CELL = { width: 8, height: 16 } as const;

/**
 * Shows a picture at full resolution, in the terminal's protocol, until a key is pressed. Resolves to a message for the user if
 * it cannot be shown.
 */
export async function showFullPicture(
  paths: readonly string[],
  { stdin, stdout, suspendTerminal, columns, rows }: Place,
): Promise<string | undefined> {
  const protocol = knownProtocol();
  if (protocol === undefined)
    return "This terminal is not known to support Kitty's protocol or sixels; Enter maximizes the pane.";
  const picture = await firstPicture(paths);
  if (picture === undefined) return 'The picture does not exist.';
  const commands = await drawn(picture, protocol, columns, rows - 1);
  await suspendTerminal(async () => {
    stdout.write(`${CLEAR}${commands}\u001B[${rows};1Hany key goes back`);
    await aKey(stdin as NodeJS.ReadStream);
    stdout.write(`${protocol === 'kitty' ? KITTY_CLEAR : ''}${CLEAR}`);
  });
  return undefined;
}

/** The escape sequences that draw the picture as large as it fits. */
export async function drawn(
  picture: Picture,
  protocol: PictureProtocol,
  columns: number,
  rows: number,
): Promise<string> {
  if (protocol === 'kitty') {
    const { width, height } = pixelsFor(picture, columns, rows);
    return kittyPicture(picture, width, Math.max(1, Math.round(height / 2)));
  }
  const factor = Math.min((columns * CELL.width) / picture.width, (rows * CELL.height) / picture.height);
  const side = (length: number) => Math.max(1, Math.floor(length * factor));
  return sixelPicture(
    await resizePicture(picture, { width: side(picture.width), height: side(picture.height) }),
  );
}

/** Reads like Ink: if a stream flows and is then paused, Ink receives no more keys. */
async function aKey(stdin: NodeJS.ReadStream): Promise<void> {
  stdin.setRawMode(true);
  stdin.ref();
  do await once(stdin, 'readable');
  while (stdin.read() === null);
  stdin.setRawMode(false);
  stdin.unref();
}
