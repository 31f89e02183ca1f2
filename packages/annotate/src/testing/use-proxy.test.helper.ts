import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { onTestFinished, vi } from 'vitest';
import type { TestProxy } from './proxy.ts';

/** Until the test ends, lets this process reach all other machines through a proxy, and trust the servers behind it. */
export function useProxy({ url, certificate }: TestProxy): void {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, url);
  for (const name of ['NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']) vi.stubEnv(name, undefined);
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, certificate]);
  onTestFinished(() => {
    setDefaultCACertificates(usual);
    vi.unstubAllEnvs();
  });
}
