import { AzureOpenAI } from 'openai';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startJudgeServer } from '../testing/index.ts';
import { connect, serverUrl, type ServerSettings } from './connection.ts';

afterEach(() => vi.unstubAllEnvs());

const settings = (own: Partial<ServerSettings> & Pick<ServerSettings, 'provider'>): ServerSettings => ({
  model: 'm',
  api: 'chat',
  timeout: 10,
  ...own,
});
const KEY = 'sk-planted-0123456789';

describe('connect', () => {
  it('asks OpenAI at its address, with the older name of the limit only for other servers', () => {
    const openai = connect(settings({ provider: 'openai' }), KEY);
    expect(openai.host).toBe('api.openai.com');
    expect(openai.client.baseURL).toBe('https://api.openai.com/v1');
    const request = { system: '', parts: [], maxOutputTokens: 7, sampling: {} };
    expect(openai.api.body(request, 'm')).toMatchObject({ max_completion_tokens: 7 });
    const own = connect(settings({ provider: 'compatible', baseUrl: 'http://127.0.0.1:8000/v1' }), undefined);
    expect(own.host).toBe('127.0.0.1:8000');
    expect(own.api.body(request, 'm')).toMatchObject({ max_tokens: 7 });
    const responses = connect(settings({ provider: 'openai', api: 'responses' }), KEY);
    expect(responses.api.path).toBe('/responses');
  });

  it('reads no address, account or logging level of OpenAI from the environment', () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://elsewhere.example/v1');
    vi.stubEnv('OPENAI_ORG_ID', 'org');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project');
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-environment');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-of-the-administrator');
    vi.stubEnv('OPENAI_LOG', 'debug');
    const url = 'http://127.0.0.1:1/v1';
    for (const provider of ['compatible', 'azure'] as const) {
      const { client } = connect(
        settings({ provider, baseUrl: url }),
        provider === 'azure' ? KEY : undefined,
      );
      expect(client.baseURL).toMatch(url);
      expect([client.organization, client.project, client.adminAPIKey]).toEqual([null, null, null]);
      expect(client.apiKey).not.toContain('sk-of');
      expect([client.logLevel, client.maxRetries]).toEqual(['off', 0]);
    }
    expect(connect(settings({ provider: 'openai' }), KEY).client.baseURL).toBe('https://api.openai.com/v1');
  });

  it.each(['openai', 'azure'] as const)('needs a key for %s', (provider) => {
    for (const key of [undefined, '', ' \n']) {
      expect(() => connect(settings({ provider, baseUrl: 'http://127.0.0.1:1' }), key)).toThrow(
        expect.objectContaining({ code: 'authentication', message: `there is no key for ${provider}` }),
      );
    }
  });

  it('refuses a key that cannot be sent, without showing it', () => {
    for (const key of [`${KEY}\nx`, `${KEY} ${KEY}`, `${KEY}é`, `${KEY}\0`]) {
      const error = (() => {
        try {
          return connect(settings({ provider: 'openai' }), key);
        } catch (error) {
          return error;
        }
      })();
      expect(error).toMatchObject({ code: 'authentication', where: 'OPENAI_API_KEY' });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(KEY);
    }
    const { client } = connect(settings({ provider: 'openai' }), `  ${KEY}\n`);
    expect(client.apiKey).toBe(KEY);
  });

  it('speaks to Azure by its own path, version and header', async () => {
    const server = await startJudgeServer({ key: KEY });
    const baseUrl = server.url.replace('/v1', '/');
    const { client, api } = connect(settings({ provider: 'azure', model: 'my deployment', baseUrl }), KEY);
    expect(client).toBeInstanceOf(AzureOpenAI);
    const body = api.body(
      { system: 's', parts: [{ text: 't' }], maxOutputTokens: 5, sampling: {} },
      'my deployment',
    );
    await client.post(api.path, { body });
    const responses = connect(settings({ provider: 'azure', api: 'responses', baseUrl }), KEY);
    await responses.client.post(responses.api.path, { body: { model: 'd', input: [] } });
    vi.stubEnv('OPENAI_API_VERSION', '2031-01-01');
    const newer = connect(settings({ provider: 'azure', baseUrl }), KEY);
    await newer.client.post(api.path, { body });
    expect(server.calls.map(({ path }) => path)).toEqual([
      '/openai/deployments/my%20deployment/chat/completions?api-version=2025-04-01-preview',
      '/openai/responses?api-version=2025-04-01-preview',
      '/openai/deployments/my%20deployment/chat/completions?api-version=2031-01-01',
    ]);
    for (const { headers } of server.calls) {
      expect(headers['api-key']).toBe(KEY);
      expect(headers.authorization).toBeUndefined();
    }
    await server.close();
  });
});

describe('serverUrl', () => {
  it('is the same however the address is written', () => {
    const of = (baseUrl: string) => serverUrl({ provider: 'compatible', baseUrl });
    for (const url of ['http://host:80/v1', 'http://host/v1/', 'HTTP://HOST/v1//'])
      expect(of(url)).toBe('http://host/v1');
    expect(serverUrl({ provider: 'openai' })).toBe('https://api.openai.com/v1');
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', 'https://mine.openai.azure.com/');
    expect(serverUrl({ provider: 'azure' })).toBe('https://mine.openai.azure.com');
  });

  it.each([
    'ftp://host/v1',
    'file:///etc/passwd',
    'host/v1',
    '',
    'http://user:password@host/v1',
    'http://user@host/v1',
    'http://host/v1?key=secret',
    'http://host/v1#secret',
  ])('refuses %j, without showing it', (baseUrl) => {
    expect(() => serverUrl({ provider: 'compatible', baseUrl })).toThrow(
      expect.objectContaining({
        code: 'usage',
        where: '--base-url',
        message: 'this is not the address of a server',
      }),
    );
  });

  it.each(['azure', 'compatible'] as const)('has to be told for %s', (provider) => {
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', undefined);
    expect(() => serverUrl({ provider })).toThrow(
      expect.objectContaining({ code: 'usage', where: '--base-url' }),
    );
  });
});
