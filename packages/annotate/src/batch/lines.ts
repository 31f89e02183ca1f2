const NEWLINE = 0x0a;

/** The lines of what comes in chunks, one in memory at a time; empty ones are left out. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  const decode = () => Buffer.concat(pending).toString('utf8').trim();
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      const line = decode();
      if (line !== '') yield line;
      pending = [];
      start = end + 1;
    }
    pending.push(chunk.subarray(start));
  }
  const line = decode();
  if (line !== '') yield line;
}
