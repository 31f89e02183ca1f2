import { Errors, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { QueueAddress } from '@rewardedit/annotate/queue';

/** Address of a work queue. It is never shown with its password, not even by --print-config. */
export const queueFlag = Flags.custom<QueueAddress>({
  summary:
    'Work queue for `rewardedit worker` processes, which do the judging: redis://HOST:PORT/DB of a Redis or Valkey server, or rediss:// with TLS; the password is read from REDIS_PASSWORD.',
  helpValue: 'URL',
  parse: async (text) => {
    const { parseQueueAddress } = await import('@rewardedit/annotate/queue');
    try {
      return parseQueueAddress(text);
    } catch (error) {
      // As a CLIError, the parser reports it like its own errors, which have no hint.
      if (!(error instanceof RewardEditError)) throw error;
      const { message, hint } = error;
      throw new Errors.CLIError(hint === undefined ? message : `${message}: ${hint}`);
    }
  },
});
