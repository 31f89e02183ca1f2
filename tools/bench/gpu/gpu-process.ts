import { GPU_PARTS, type GpuPartOptions } from './gpu-parts.ts';

// The separate process that `runPart` starts: measures one part, and prints a line of JSON per result.
const [name, options] = process.argv.slice(2);
const part = GPU_PARTS.find((one) => one.name === name);
if (!part) throw new Error(`Unknown part "${name}".`);
for await (const result of part.measure(JSON.parse(options) as GpuPartOptions)) {
  // Wait until the whole line is written: a pipe takes a long table in several pieces.
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(result)}\n`, resolve));
}
// Dawn's threads would keep the process alive.
process.exit(0);
