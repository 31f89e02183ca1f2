import { describe, expect, it } from 'vitest';
import { createAccess, withoutKeys, type AccessOptions } from './access.ts';
import type { Provider } from './origin.ts';

const environment = {
  OPENAI_API_KEY: 'sk-openai',
  AZURE_OPENAI_API_KEY: 'sk-azure',
  AZURE_OPENAI_ENDPOINT: 'https://mine.openai.azure.com/',
  REWARDEDIT_API_KEY: 'sk-own',
};
const keyOf = (provider: Provider, origin: string, options: AccessOptions = {}) =>
  createAccess({ environment, ...options }).keyOf(provider, origin);

describe('a key from the environment', () => {
  it.each(['https://api.openai.com', 'https://eu.api.openai.com'])('of OpenAI goes to %s', (origin) => {
    expect(keyOf('openai', origin)).toBe('sk-openai');
    expect(keyOf('compatible', origin)).toBeUndefined();
    expect(keyOf('azure', origin)).toBeUndefined();
  });

  it.each([
    'http://api.openai.com',
    'https://api.openai.com:8443',
    'https://api.openai.com.evil.example',
    'https://evil-api.openai.com',
    'https://openai.com',
    'https://a.b.api.openai.com',
    'http://127.0.0.1:8000',
    'https://mine.openai.azure.com',
  ])('of OpenAI does not go to %s', (origin) => {
    expect(keyOf('openai', origin)).toBeUndefined();
    // Not even if the user named that server.
    expect(keyOf('openai', origin, { baseUrl: origin })).toBeUndefined();
  });

  it('of Azure goes to the resource that the user named, and to no other', () => {
    expect(keyOf('azure', 'https://mine.openai.azure.com')).toBe('sk-azure');
    for (const other of ['https://evil.openai.azure.com', 'https://evil.services.ai.azure.com']) {
      expect(keyOf('azure', other)).toBeUndefined();
      expect(keyOf('azure', other, { baseUrl: `${other}/openai/v1` })).toBe('sk-azure');
    }
    for (const none of [
      'http://mine.openai.azure.com',
      'https://openai.azure.com',
      'https://mine.openai.azure.com.evil.example',
      'https://mine.azure-api.net',
      'https://mine.openai.azure.com:444',
      'http://127.0.0.1:8000',
    ])
      expect(keyOf('azure', none, { baseUrl: none })).toBeUndefined();
  });

  it('of any other server goes to the one that the user named', () => {
    const baseUrl = 'http://127.0.0.1:8000/v1';
    expect(keyOf('compatible', 'http://127.0.0.1:8000', { baseUrl })).toBe('sk-own');
    for (const other of ['http://127.0.0.1:8001', 'https://127.0.0.1:8000', 'https://judge.example'])
      expect(keyOf('compatible', other, { baseUrl })).toBeUndefined();
    expect(keyOf('compatible', 'http://127.0.0.1:8000')).toBeUndefined();
  });
});

it('a key that was given for an origin goes there, and to no other', () => {
  const keys = new Map([['https://judge.example', 'sk-file']]);
  expect(keyOf('compatible', 'https://judge.example', { keys })).toBe('sk-file');
  expect(keyOf('compatible', 'https://judge.example:8443', { keys })).toBeUndefined();
  expect(keyOf('openai', 'https://api.openai.com', { keys })).toBe('sk-openai');
});

it('work that asks no server needs no key', () => {
  expect(withoutKeys(createAccess({ environment: {} })).keyOf('openai', 'https://api.openai.com')).toBe(
    'none',
  );
});

describe('unencrypted requests', () => {
  it.each([
    'http://127.0.0.1:8000',
    'http://127.8.9.1',
    'http://localhost:1',
    'http://[::1]:8000',
    'https://a.example',
  ])('to %s do not leave this machine', (origin) => {
    expect(createAccess({ environment }).allowsHttp(origin)).toBe(true);
  });

  it.each([
    'http://gpu-1:8000',
    'http://10.0.0.7',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://0.0.0.0:8000',
    'http://[::ffff:7f00:1]:8000',
  ])('to %s are allowed only if it was typed', (origin) => {
    expect(createAccess({ environment }).allowsHttp(origin)).toBe(false);
    expect(createAccess({ environment, baseUrl: origin }).allowsHttp(origin)).toBe(false);
    expect(createAccess({ environment, typed: [`${origin}/v1`] }).allowsHttp(origin)).toBe(true);
    expect(createAccess({ environment, typed: ['http://other:8000'] }).allowsHttp(origin)).toBe(false);
  });
});
