import { GPU_PARTS, type GpuPartOptions } from './gpu-parts.ts';

// Runs as a process of its own, which `runPart` starts: measures one part, and writes a line of JSON for each result.
const [name, options] = process.argv.slice(2);
const part = GPU_PARTS.find((one) => one.name === name);
if (!part) throw new Error(`There is no part "${name}".`);
for await (const result of part.measure(JSON.parse(options) as GpuPartOptions)) {
  // To the end: a pipe takes a long table in several pieces.
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(result)}\n`, resolve));
}
// Dawn's threads would keep the process.
process.exit(0);
