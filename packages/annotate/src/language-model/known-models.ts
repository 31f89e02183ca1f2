import { z } from 'zod';

const modelSchema = z.object({
  model: z.string(),
  vision: z.boolean(),
  structuredOutput: z.boolean().exactOptional(),
  logprobs: z.boolean().exactOptional(),
  temperature: z.boolean().exactOptional(),
  reasoning: z.boolean().exactOptional(),
  prices: z
    .object({ input: z.number(), cachedInput: z.number().exactOptional(), output: z.number() })
    .exactOptional(),
  batchDiscount: z.number().exactOptional(),
  pictureTokens: z.looseObject({}).exactOptional(),
  shutdown: z.string().exactOptional(),
  replacement: z.string().exactOptional(),
  source: z.string().exactOptional(),
});
export type KnownModel = z.infer<typeof modelSchema>;
export const modelTableSchema = z.object({ models: z.array(modelSchema) });
export const knownModels: readonly KnownModel[] = [
  {
    model: 'gpt-6-luna',
    vision: true,
    structuredOutput: true,
    temperature: false,
    reasoning: true,
    prices: { input: 0.1, cachedInput: 0.01, output: 0.5 },
  },
];
export function findModel(id: string): KnownModel | undefined {
  return knownModels.find(({ model }) => model === id);
}
export function pictureTokens(_rule: unknown, _size: { width: number; height: number }) {
  return { low: 85, high: 1600 };
}
export function modelFacts(id: string, own: readonly KnownModel[]): KnownModel | undefined {
  return own.find(({ model }) => model === id) ?? findModel(id);
}
export async function readModelTable(path: string): Promise<readonly KnownModel[]> {
  const { readFile } = await import('node:fs/promises');
  return modelTableSchema.parse(JSON.parse(await readFile(path, 'utf8'))).models;
}
