/** The share of a process's open files that is for the connections of calls, less some for pictures, journals and libraries. */
const [SHARE, OTHERS] = [0.75, 32];

/** How many calls, each with its own connection, may be under way within a limit of open files. */
export function callsForOpenFiles(limit: number): number {
  return Math.max(1, Math.floor(SHARE * limit) - OTHERS);
}

/** How many files this process may have open; infinite if the system does not say. */
export function openFileLimit(): number {
  // Resolving the host names of connections takes seconds on some machines.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY;
}
