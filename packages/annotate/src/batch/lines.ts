const NEWLINE = 0x0a;
/** The rest of a longer line is dropped, so that a server cannot fill the memory; no reply is so long. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Splits chunks into lines, one in memory at a time. Skips empty lines and cuts those that are too long. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  longest = LONGEST_LINE,
): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let room = longest;
  const add = (part: Uint8Array) => {
    if (room === 0) return;
    pending.push(part.subarray(0, room));
    room = Math.max(0, room - part.length);
  };
  const take = () => {
    const line = Buffer.concat(pending).toString('utf8').trim();
    pending = [];
    room = longest;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end));
      const line = take();
      if (line !== '') yield line;
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  const line = take();
  if (line !== '') yield line;
}
