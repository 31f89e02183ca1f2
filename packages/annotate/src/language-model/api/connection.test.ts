import { AzureOpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startJudgeServer, startProxy, type JudgeServer, type TestProxy } from '../../testing/index.ts';
import { useProxy } from '../../testing/use-proxy.test.helper.ts';
import { createAccess } from '../access/access.ts';
import { encodeBody } from './request-body.ts';
import { connect, serverUrl, type Connection, type ServerSettings } from './connection.ts';

afterEach(() => vi.unstubAllEnvs());

const settings = (own: Partial<ServerSettings> & Pick<ServerSettings, 'provider'>): ServerSettings => ({
  model: 'm',
  api: 'chat',
  timeout: 10,
  concurrency: 8,
  ...own,
});
const KEY = 'sk-planted-0123456789';
const AZURE = 'https://mine.openai.azure.com';
const REQUEST = { system: 's', parts: [{ text: 't' }], maxOutputTokens: 7, sampling: {} };

/** Connects with the same key in all variables, to the server that the user named. */
function connectWith(own: Parameters<typeof settings>[0], key: string | undefined = KEY): Connection {
  const environment =
    key === undefined ? {} : { OPENAI_API_KEY: key, AZURE_OPENAI_API_KEY: key, REWARDEDIT_API_KEY: key };
  return connect(settings(own), createAccess({ baseUrl: own.baseUrl, environment }));
}

describe('connect', () => {
  it("uses OpenAI's address, and the older name of the limit only for other servers", () => {
    const openai = connectWith({ provider: 'openai' });
    expect(openai.host).toBe('api.openai.com');
    expect(openai.client.baseURL).toBe('https://api.openai.com/v1');
    expect(openai.address).toBe('https://api.openai.com/v1/chat/completions');
    expect(openai.api.body(REQUEST, 'm')).toMatchObject({ max_completion_tokens: 7 });
    const own = connectWith({ provider: 'compatible', baseUrl: 'http://127.0.0.1:8000/v1' });
    expect(own.host).toBe('127.0.0.1:8000');
    expect(own.api.body(REQUEST, 'm')).toMatchObject({ max_tokens: 7 });
    const responses = connectWith({ provider: 'openai', api: 'responses' });
    expect(responses.api.path).toBe('/responses');
  });

  it('reads no address, account or log level of OpenAI from the environment', () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://elsewhere.example/v1');
    vi.stubEnv('OPENAI_ORG_ID', 'org');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project');
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-environment');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'sk-of-the-administrator');
    vi.stubEnv('OPENAI_LOG', 'debug');
    for (const [provider, baseUrl] of [
      ['compatible', 'http://127.0.0.1:1/v1'],
      ['azure', AZURE],
    ] as const) {
      const { client } = connectWith({ provider, baseUrl });
      expect(client.baseURL).toMatch(baseUrl);
      expect([client.organization, client.project, client.adminAPIKey]).toEqual([null, null, null]);
      expect(client.apiKey).not.toContain('sk-of');
      expect([client.logLevel, client.maxRetries]).toEqual(['off', 0]);
    }
    expect(connectWith({ provider: 'openai' }).client.baseURL).toBe('https://api.openai.com/v1');
  });

  it.each([
    ['openai', undefined, 'https://api.openai.com'],
    ['azure', AZURE, AZURE],
  ] as const)('needs a key for %s', (provider, baseUrl, origin) => {
    for (const key of ['', ' \n']) {
      expect(() => connectWith({ provider, baseUrl }, key)).toThrow(
        expect.objectContaining({
          code: 'authentication',
          message: `there is no key for ${provider} at ${origin}`,
          hint: expect.stringContaining(`--api-key-file ${origin}=FILE`) as string,
        }),
      );
    }
  });

  it("does not send Azure's key to a resource that the user did not name", () => {
    const access = createAccess({ environment: { AZURE_OPENAI_API_KEY: KEY } });
    expect(() => connect(settings({ provider: 'azure', baseUrl: AZURE }), access)).toThrow(
      expect.objectContaining({ code: 'authentication', where: 'AZURE_OPENAI_API_KEY' }),
    );
  });

  it('refuses unencrypted requests to another machine, unless its address was typed', () => {
    const plain = settings({ provider: 'compatible', baseUrl: 'http://gpu-1:8000/v1' });
    expect(() => connect(plain, createAccess({ baseUrl: plain.baseUrl, environment: {} }))).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'pictures and keys would go to http://gpu-1:8000 without encryption',
      }),
    );
    const typed = createAccess({ typed: ['http://gpu-1:8000'], environment: {} });
    expect(connect(plain, typed).host).toBe('gpu-1:8000');
  });

  it('rejects a key that cannot be sent, without showing it', () => {
    for (const key of [`${KEY}\nx`, `${KEY} ${KEY}`, `${KEY}é`, `${KEY}\0`]) {
      const error = (() => {
        try {
          return connectWith({ provider: 'openai' }, key);
        } catch (error) {
          return error;
        }
      })();
      expect(error).toMatchObject({ code: 'authentication', where: 'OPENAI_API_KEY' });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(KEY);
    }
    const { client } = connectWith({ provider: 'openai' }, `  ${KEY}\n`);
    expect(client.apiKey).toBe(KEY);
  });

  it('rejects an invalid address of a proxy, without showing it', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://user:s3cret@:none');
    expect(() => connectWith({ provider: 'openai' })).toThrow(
      expect.objectContaining({ code: 'usage', where: 'HTTP_PROXY, HTTPS_PROXY' }),
    );
  });
});

describe('a request', () => {
  let server: JudgeServer;
  let proxy: TestProxy;
  beforeEach(async () => {
    server = await startJudgeServer();
    proxy = await startProxy(server.url, ['api.openai.com', 'mine.openai.azure.com']);
    onTestFinished(async () => {
      await proxy.close();
      await server.close();
    });
    useProxy(proxy);
    vi.stubEnv('OPENAI_ORG_ID', 'planted-organization');
    vi.stubEnv('OPENAI_PROJECT_ID', 'planted-project');
    const planted = [
      'Authorization: Bearer planted-header',
      'X-Planted: planted-header',
      'Accept: planted-header',
    ];
    vi.stubEnv(
      'OPENAI_CUSTOM_HEADERS',
      [...planted, 'User-Agent: planted-header', 'api-key: planted'].join('\n'),
    );
  });

  const ask = async ({ post, api }: Connection) =>
    post(encodeBody(api, REQUEST, 'm'), new AbortController().signal);

  it('to OpenAI has its key, account and headers, in a tunnel that hides them from a proxy', async () => {
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'X-Planted: planted-header');
    await ask(connectWith({ provider: 'openai' }));
    expect(server.calls[0].headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'openai-organization': 'planted-organization',
      'openai-project': 'planted-project',
      'x-planted': 'planted-header',
    });
    expect(proxy.requests).toMatchObject([{ method: 'CONNECT', target: 'api.openai.com:443' }]);
    expect(JSON.stringify(proxy.requests)).not.toMatch(/planted/);
  });

  it('to any other server has its own key, and nothing meant for OpenAI', async () => {
    await ask(connectWith({ provider: 'compatible', baseUrl: server.url }));
    await ask(connectWith({ provider: 'azure', baseUrl: AZURE }));
    await ask(connectWith({ provider: 'compatible', baseUrl: server.url }, ''));
    expect(server.calls.map(({ headers }) => headers['content-type'])).toEqual(
      Array<string>(3).fill('application/json'),
    );
    const [own, azure, none] = server.calls.map(({ headers }) => headers);
    expect(own).toMatchObject({ authorization: `Bearer ${KEY}`, 'user-agent': 'rewardedit' });
    expect(azure).toMatchObject({ 'api-key': KEY });
    expect(azure).not.toHaveProperty('authorization');
    expect(none).not.toHaveProperty('authorization');
    for (const headers of [own, azure, none]) {
      const { authorization: _authorization, 'api-key': _key, ...others } = headers;
      expect(JSON.stringify(others)).not.toMatch(/planted|stainless/);
    }
  });

  it('to an unencrypted server goes through the proxy, but not if it is on this machine', async () => {
    const baseUrl = 'http://judge.example.internal/v1';
    const access = createAccess({ baseUrl, typed: [baseUrl], environment: { REWARDEDIT_API_KEY: KEY } });
    const connection = connect(settings({ provider: 'compatible', baseUrl }), access);
    await ask(connection);
    expect(proxy.requests).toMatchObject([
      { method: 'POST', target: 'http://judge.example.internal/v1/chat/completions' },
    ]);
    await expect(connection.fileClient.get('/files')).rejects.toMatchObject({ status: 404 });
    expect(proxy.requests[1]).toMatchObject({ target: 'http://judge.example.internal/v1/files' });
    await ask(connectWith({ provider: 'compatible', baseUrl: server.url }));
    expect(proxy.requests).toHaveLength(2);
    vi.stubEnv('NO_PROXY', 'other.example,.internal');
    const direct = connect(settings({ provider: 'compatible', baseUrl }), access);
    await expect(ask(direct)).rejects.toMatchObject({ name: 'Error' });
    expect(proxy.requests).toHaveLength(2);
  });

  it('to Azure has its own path, version and header, or uses its newer API', async () => {
    const baseUrl = `${AZURE}/`;
    const connection = connectWith({ provider: 'azure', model: 'my deployment', baseUrl });
    expect(connection.client).toBeInstanceOf(AzureOpenAI);
    expect(connection.address).toBe(`${AZURE}/openai/deployments/my%20deployment/chat/completions`);
    await ask(connection);
    const responses = connectWith({ provider: 'azure', api: 'responses', baseUrl });
    await ask(responses);
    vi.stubEnv('OPENAI_API_VERSION', '2031-01-01');
    await ask(connectWith({ provider: 'azure', model: 'my deployment', baseUrl }));
    const newer = connectWith({ provider: 'azure', baseUrl: `${AZURE}/openai/v1/` });
    expect(newer.address).toBe(`${AZURE}/openai/v1/chat/completions`);
    await ask(newer);
    expect(server.calls.map(({ path }) => path)).toEqual([
      '/openai/deployments/my%20deployment/chat/completions?api-version=2025-04-01-preview',
      '/openai/responses?api-version=2025-04-01-preview',
      '/openai/deployments/my%20deployment/chat/completions?api-version=2031-01-01',
      '/openai/v1/chat/completions',
    ]);
    for (const { headers } of server.calls) {
      expect(headers['api-key']).toBe(KEY);
      expect(headers.authorization).toBeUndefined();
    }
  });
});

describe('serverUrl', () => {
  it('returns the same address however it is written', () => {
    const of = (baseUrl: string) => serverUrl({ provider: 'compatible', baseUrl });
    for (const url of [
      'http://host:80/v1',
      'http://host/v1/',
      'HTTP://HOST/v1//',
      'http://host/v1/chat/completions',
      'http://host/v1/responses/',
    ])
      expect(of(url)).toBe('http://host/v1');
    expect(serverUrl({ provider: 'openai' })).toBe('https://api.openai.com/v1');
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', `${AZURE}/`);
    expect(serverUrl({ provider: 'azure' })).toBe(`${AZURE}/openai`);
  });

  it.each([
    ['', '/openai'],
    ['/openai', '/openai'],
    ['/openai/', '/openai'],
    ['/openai/deployments/dep', '/openai'],
    ['/openai/deployments/dep/chat/completions', '/openai'],
    ['/openai/v1/', '/openai/v1'],
    ['/openai/v1/chat/completions', '/openai/v1'],
  ])('accepts %j as an address of Azure', (path, expected) => {
    expect(serverUrl({ provider: 'azure', baseUrl: AZURE + path })).toBe(AZURE + expected);
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
  ])('rejects %j, without showing it', (baseUrl) => {
    expect(() => serverUrl({ provider: 'compatible', baseUrl })).toThrow(
      expect.objectContaining({
        code: 'usage',
        where: '--base-url',
        message: 'this is not the address of a server',
      }),
    );
  });

  it.each([
    ['openai', 'http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000 is not a server of OpenAI'],
    ['openai', 'http://api.openai.com/v1', 'http://api.openai.com is not a server of OpenAI'],
    ['azure', 'http://127.0.0.1:8000/openai/v1/', 'http://127.0.0.1:8000 is not a server of Azure'],
  ] as const)('rejects for %s the address %s, and names the judge for it', (provider, baseUrl, message) => {
    expect(() => serverUrl({ provider, baseUrl })).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(message) as string,
        hint: expect.stringContaining('--judge compatible:MODEL') as string,
      }),
    );
  });

  it.each(['azure', 'compatible'] as const)('needs an address for %s', (provider) => {
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', undefined);
    expect(() => serverUrl({ provider })).toThrow(
      expect.objectContaining({ code: 'usage', where: '--base-url' }),
    );
  });
});
