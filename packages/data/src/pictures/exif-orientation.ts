const ORIENTATION_TAG = 0x0112;

/** Whether an EXIF block, whose TIFF header is at `start`, leaves the picture upright. False if the block is invalid. */
export function isUpright(buffer: Buffer, start: number): boolean {
  const little = buffer.toString('latin1', start, start + 2) === 'II';
  const read16 = (at: number) => (little ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at));
  const directory = start + (little ? buffer.readUInt32LE(start + 4) : buffer.readUInt32BE(start + 4));
  const entries = read16(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (read16(at) === ORIENTATION_TAG) return read16(at + 8) === 1;
  }
  return true;
}
