import { rewardSchema } from '@rewardedit/core';
import { z } from 'zod';

/** The settings that reproduce a picture. Fields that were added later are optional, because older files lack them. */
export const editRecordSchema = z.looseObject({
  instruction: z.string(),
  model: z.string(),
  settings: z.looseObject({
    seed: z.int().nonnegative(),
    steps: z.int().positive(),
    sampler: z.string(),
    eta: z.number().optional(),
    reward: rewardSchema,
    textScale: z.number(),
    imageScale: z.number(),
    rewardScale: z.number(),
    mapScale: z.number().optional(),
    guidedSteps: z.tuple([z.int(), z.int()]).optional(),
  }),
  precision: z.enum(['f32', 'f16']).optional(),
  lora: z.array(z.object({ path: z.string(), strength: z.number() })).optional(),
  architecture: z.string().optional(),
  size: z.int().optional(),
  resolution: z.int().optional(),
  crop: z.string().optional(),
  source: z.object({ name: z.string(), sha256: z.string() }).optional(),
  sweep: z.array(z.string()).optional(),
});
