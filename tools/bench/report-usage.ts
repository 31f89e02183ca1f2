import { writeFileSync } from 'node:fs';

/**
 * Preloaded into a measured program: at exit, writes its resource usage to the file named by
 * REWARDEDIT_USAGE.
 */
process.once('exit', () => {
  const path = process.env['REWARDEDIT_USAGE'];
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const usage = { peakBytes: maxRSS * 1024, processorSeconds: (userCPUTime + systemCPUTime) / 1e6 };
  if (path !== undefined) writeFileSync(path, JSON.stringify(usage));
});
