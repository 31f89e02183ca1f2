import { Errors, Flags } from '@oclif/core';
import type { QueueAddress } from '@rewardedit/annotate/queue';

/** Where a work queue is. What the option holds is shown without its password, also by --print-config. */
export const queueFlag = Flags.custom<QueueAddress>({
  summary:
    'Work queue, whose `rewardedit worker`s judge: redis://HOST:PORT/DB of a Redis or Valkey server, rediss:// where it is encrypted; REDIS_PASSWORD holds its password.',
  helpValue: 'URL',
  parse: async (text) => {
    const { parseQueueAddress } = await import('@rewardedit/annotate/queue');
    try {
      return parseQueueAddress(text);
    } catch (error) {
      // In the form that the parser of options gives its own errors.
      throw error instanceof Error ? new Errors.CLIError(error.message) : error;
    }
  },
});
