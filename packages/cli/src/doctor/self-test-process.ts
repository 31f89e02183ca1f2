import { openBackend } from '../flags/backend-flag.ts';
import { selfTest, type SelfTest } from './self-test.ts';

// Child process of `selfTestApart`: tests the given backend, and sends the result.
const [name] = process.argv.slice(2);
const result = await selfTest(name, () => openBackend({ backend: name }));
process.send?.({ ...result, ...(await adaptersOf(name, result)) });
process.disconnect();

async function adaptersOf(backend: string, { outcome }: SelfTest): Promise<Pick<SelfTest, 'adapters'>> {
  if (backend !== 'webgpu' || outcome === 'not available') return {};
  const { listAdapters } = await import('@rewardedit/backend-webgpu');
  return { adapters: await listAdapters() };
}
