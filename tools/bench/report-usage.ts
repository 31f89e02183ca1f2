import { writeFileSync } from 'node:fs';

/** Loaded before a program that is measured: tells what it took when it ends, in the file that REWARDEDIT_USAGE names. */
process.once('exit', () => {
  const path = process.env['REWARDEDIT_USAGE'];
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { peakBytes: maxRSS * 1024, processorSeconds: (userCPUTime + systemCPUTime) / 1e6 };
  if (path !== undefined) writeFileSync(path, JSON.stringify(usage));
});
