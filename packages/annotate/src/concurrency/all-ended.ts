/**
 * Waits until all promises have settled, then returns their values or throws the first error in order, as `Promise.all` would. If one
 * fails, the others were paid for as well, and their results must be stored before the run ends.
 */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
