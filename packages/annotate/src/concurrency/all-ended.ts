/**
 * Waits for all, then gives their values as `Promise.all` does, or fails as the first of them failed. What is still under way
 * where one has failed was paid for, and would be lost with the run that ends.
 */
export async function allEnded<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
