import { describe, expect, test } from 'vitest';
import { copyFolder, recogniseFolder, storedName } from '../../../engine/embedders/folder';
import { sha256 } from '../../../engine/sha256';
import { ALL_MINILM_L6_V2 as MINILM, type EmbedderModel } from '../../../models';
import { filesInMemory } from './spaces';

const WEIGHTS = MINILM.weights.q8;
const at = (path: string, content: BlobPart, folder = 'some') => ({
  path: `${folder}/${path}`,
  file: new Blob([content]),
});
const config = (hidden_size: number) => at('config.json', JSON.stringify({ hidden_size }));

describe('a folder that is to be an embedder', () => {
  test('is known by its weights, whatever it is called and however deep it lies', async () => {
    const weights = at(`deep/${WEIGHTS.path}`, new Uint8Array(WEIGHTS.bytes));
    expect(await recogniseFolder([weights, config(384)])).toBe(MINILM);
  });

  test('is refused with what is wrong', async () => {
    expect(await recogniseFolder([at('holiday.jpg', 'x')])).toEqual({ refused: 'unknown' });
    expect(await recogniseFolder([config(768), at(WEIGHTS.path, 'x')])).toEqual({
      refused: 'dimensions',
      dimensions: 768,
    });
    expect(await recogniseFolder([config(384), at(WEIGHTS.path, 'x')])).toEqual({ refused: 'unknown' });
    expect(await recogniseFolder([at('config.json', 'not JSON')])).toEqual({ refused: 'unknown' });
    const half = at(WEIGHTS.path, new Uint8Array(1000), 'all-MiniLM-L6-v2');
    expect(await recogniseFolder([half])).toEqual({ refused: 'changed', file: WEIGHTS.path, name: MINILM.name });
    expect(await recogniseFolder([at('config.json', '{}', 'all-minilm-l6-v2')])).toEqual({
      refused: 'missing',
      file: WEIGHTS.path,
      name: MINILM.name,
    });
  });

  test('is copied when each file is the published one or does the same; else nothing of it stays', async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const pinned = async (path: string, text: string, also: string[] = []) => ({
      path,
      bytes: text.length,
      sha256: await sha256(bytes(text)),
      also,
    });
    const model: EmbedderModel = {
      ...MINILM,
      files: [
        await pinned('config.json', 'config'),
        await pinned('tokenizer.json', 'tokenizer', [await sha256(bytes('the other'))]),
      ],
      weights: { q8: await pinned('onnx/model.onnx', 'weights') },
    };
    const files = filesInMemory();
    const given = (tokenizer: string, weights: string) => [
      at('config.json', 'config'),
      at('tokenizer.json', tokenizer),
      at('onnx/model.onnx', weights),
    ];
    const copy = (folder: ReturnType<typeof given>, signal?: AbortSignal) =>
      copyFolder(model, folder, files, () => {}, signal);

    expect(await copy(given('tokenizer', 'wEights'))).toEqual({
      refused: 'changed',
      file: 'onnx/model.onnx',
      name: model.name,
    });
    expect(await copy(given('a third', 'weights'))).toMatchObject({ refused: 'changed', file: 'tokenizer.json' });
    expect(await copy(given('tokenizer', 'weights').slice(0, 2))).toMatchObject({
      refused: 'missing',
      file: 'onnx/model.onnx',
    });
    await expect(copy(given('tokenizer', 'weights'), AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(files.stored.size).toBe(0);

    for (const tokenizer of ['tokenizer', 'the other']) {
      expect(await copy(given(tokenizer, 'weights'))).toBeNull();
      expect([...files.stored.keys()].sort()).toEqual(
        ['config.json', 'onnx/model.onnx', 'tokenizer.json'].map((path) => storedName(model, path)),
      );
    }
  });
});
