/** Of the files that a process may have open, this share is for the connections of calls, less some for pictures, journals and libraries. */
const [SHARE, OTHERS] = [0.75, 32];

/** How many calls may be under way at once, each over a connection of its own, where so many files may be open at once. */
export function callsForOpenFiles(limit: number): number {
  return Math.max(1, Math.floor(SHARE * limit) - OTHERS);
}

/** How many files this process may have open at once; infinite where the system does not say. */
export function openFileLimit(): number {
  // To look up the names of the other ends of connections takes seconds on some machines.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY;
}
