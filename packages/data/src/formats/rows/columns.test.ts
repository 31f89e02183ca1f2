import { describe, expect, it } from 'vitest';
import { findColumns, parseColumns } from './columns.ts';

const find = (columns: readonly string[], chosen = {}) => findColumns(columns, chosen, 'here');

describe('findColumns', () => {
  it('names the most similar known dataset', () => {
    expect(() => findColumns(['source_img', 'goal_img', 'instruction'], {}, 'x')).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('all columns of MagicBrush are here except target_img'),
      }),
    );
  });

  it('knows the published datasets', () => {
    const ip2p = ['original_prompt', 'original_image', 'edit_prompt', 'edited_prompt', 'edited_image'];
    expect(find(ip2p)).toMatchObject({
      original: 'original_image',
      edited: 'edited_image',
      instruction: 'edit_prompt',
      description: 'original_prompt',
      id: [],
      leftOut: [],
    });
    expect(find(['input_image', 'edit_prompt', 'edited_image'])).toMatchObject({ original: 'input_image' });
    const magicBrush = ['img_id', 'turn_index', 'source_img', 'mask_img', 'instruction', 'target_img'];
    expect(find(magicBrush)).toMatchObject({
      original: 'source_img',
      edited: 'target_img',
      instruction: 'instruction',
      id: ['img_id', 'turn_index'],
      leftOut: ['mask_img'],
    });
    const hqEdit = ['input', 'input_image', 'edit', 'inverse_edit', 'output', 'output_image'];
    expect(find(hqEdit)).toMatchObject({
      original: 'input_image',
      edited: 'output_image',
      instruction: 'edit',
      description: 'input',
    });
  });

  it("knows our own columns, and ImageFolder's file name columns", () => {
    expect(
      find(['id', 'instruction', 'original_file_name', 'edited_file_name', 'truth_file_name']),
    ).toMatchObject({
      original: 'original_file_name',
      edited: 'edited_file_name',
      truth: 'truth_file_name',
      id: ['id'],
    });
    expect(find(['source_img_file_name', 'target_img_file_name', 'instruction'])).toMatchObject({
      original: 'source_img_file_name',
    });
  });

  it('uses chosen columns for some fields or all', () => {
    expect(find(['a', 'b', 'c'], { original: 'a', edited: 'b', instruction: 'c' })).toMatchObject({
      original: 'a',
      id: [],
    });
    expect(find(['source_img', 'target_img', 'caption'], { instruction: 'caption' })).toMatchObject({
      original: 'source_img',
      instruction: 'caption',
    });
    expect(find(['source_img', 'target_img', 'instruction', 'key'], { id: 'key' })).toMatchObject({
      id: ['key'],
    });
  });

  it('lists the columns if it knows none', () => {
    expect(() => find(['a', '__proto__'])).toThrow(/no known dataset has these columns: a, __proto__/);
    expect(() => find([])).toThrow('there are no columns');
    expect(() => find(['constructor', 'toString'], { original: 'b' })).toThrow('there is no column b');
  });
});

describe('parseColumns', () => {
  it('reads pairs', () => {
    expect(parseColumns(' original = a, edited=b=c ,instruction=x y')).toEqual({
      original: 'a',
      edited: 'b=c',
      instruction: 'x y',
    });
  });

  it.each([
    '',
    'original',
    'original=',
    '=a',
    'before=a',
    'original=a,original=b',
    '__proto__=a',
    'original=a,',
  ])('refuses %j', (text) => {
    expect(() => parseColumns(text)).toThrow(expect.objectContaining({ code: 'usage', where: '--columns' }));
  });
});
