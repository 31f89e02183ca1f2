import { describe, expect, test } from 'vitest';
import type { State, TensorSpec } from './backend.ts';
import { bindState, frozenEntries } from './bind-state.ts';
import { add } from './ops/elementwise.ts';
import { state } from './ops/leaf.ts';
import { program } from './program.ts';

const spec: TensorSpec = { shape: [2], dtype: 'f32' };

/** A state that only needs its specs. */
function stateOf(...names: string[]): State {
  const unused = () => Promise.reject(new Error('not for this test'));
  const specs = Object.fromEntries(names.map((name) => [name, spec]));
  return {
    specs,
    released: new Set(['gone']),
    read: unused,
    write: unused,
    release: unused,
    dispose: unused,
  };
}

const both = program({ outputs: { y: add(state('unet.w', [2]), state('edit.latent', [2])) } });

describe('bindState', () => {
  test('finds entries of a single state under their own names', () => {
    const one = stateOf('unet.w', 'edit.latent', 'other');
    expect(bindState(both, one)).toEqual({
      'unet.w': { state: one, name: 'unet.w' },
      'edit.latent': { state: one, name: 'edit.latent' },
    });
  });

  test('finds entries by prefix, and by their own names under the empty prefix', () => {
    const [weights, rest] = [stateOf('w', 'latent'), stateOf('edit.latent')];
    const bound = bindState(both, { unet: weights, '': rest });
    expect(bound['unet.w']).toEqual({ state: weights, name: 'w' });
    expect(bound['edit.latent']).toEqual({ state: rest, name: 'edit.latent' });
  });

  test('matches a prefix up to the dot only', () => {
    expect(() => bindState(both, { un: stateOf('et.w', 'w'), edit: stateOf('latent') })).toThrow(
      'uses "unet.w", which the states "un", "edit" do not have',
    );
  });

  test('resolves an alias, and names both the alias and the entry if it is missing', () => {
    const averages = stateOf('ema.unet.w', 'edit.latent');
    const aliases = { 'unet.w': 'ema.unet.w' };
    expect(bindState(both, averages, aliases)['unet.w'].name).toBe('ema.unet.w');
    expect(() => bindState(both, stateOf('unet.w', 'edit.latent'), aliases)).toThrow(
      'uses "ema.unet.w" (for "unet.w"), which the state does not have',
    );
    expect(() => bindState(both, averages, { 'unet.v': 'w' })).toThrow('alias of "unet.v"');
  });

  test('rejects an entry that two states have', () => {
    const states = { '': stateOf('unet.w'), unet: stateOf('w'), edit: stateOf('latent') };
    expect(() => bindState(both, states)).toThrow('uses "unet.w", which 2 states have');
  });

  test('rejects an entry of another shape or type', () => {
    const wide = {
      ...stateOf('edit.latent'),
      specs: { 'unet.w': { ...spec, shape: [3] }, 'edit.latent': spec },
    };
    expect(() => bindState(both, wide)).toThrow('uses "unet.w" as 2 f32; the state has it as 3 f32');
  });

  test('rejects a released entry', () => {
    const states = stateOf('gone', 'edit.latent');
    expect(() => bindState(both, states, { 'unet.w': 'gone' })).toThrow(
      'uses "gone" (for "unet.w"), which was released',
    );
  });

  test('rejects updating an entry that the program also reads under another name', () => {
    const step = program({ outputs: {}, updates: { w: add(state('w', [2]), state('average', [2])) } });
    expect(() => bindState(step, stateOf('w'), { average: 'w' })).toThrow(
      'updates "w", but also reads it as "average"',
    );
  });
});

describe('frozenEntries', () => {
  const step = program({ outputs: {}, updates: { latent: add(state('w', [2]), state('latent', [2])) } });

  test('are the named ones, all, or none', () => {
    expect(frozenEntries(both, 'all')).toEqual(new Set(['unet.w', 'edit.latent']));
    expect(frozenEntries(step, new Set(['w']))).toEqual(new Set(['w']));
    expect(frozenEntries(step)).toEqual(new Set());
  });

  test('exclude entries that the program updates or does not use', () => {
    expect(() => frozenEntries(step, 'all')).toThrow('"latent" cannot be frozen: the program updates it');
    expect(() => frozenEntries(step, new Set(['v']))).toThrow(
      '"v" cannot be frozen: the program does not use it',
    );
  });
});
