const NEWLINE = Buffer.from('\n');
const LINES_PER_CHUNK = 256;

/** Joins lines into chunks for fewer writes, without holding all of them. Adds the newline to a line that lacks it. */
export async function* lineChunks(lines: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk: Uint8Array[] = [];
  for await (const line of lines) {
    chunk.push(line);
    if (line.at(-1) !== NEWLINE[0]) chunk.push(NEWLINE);
    if (chunk.length < LINES_PER_CHUNK) continue;
    yield Buffer.concat(chunk);
    chunk = [];
  }
  yield Buffer.concat(chunk);
}
