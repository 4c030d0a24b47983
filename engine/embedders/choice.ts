/** Which embedder answers, which one is to, and going over from one to the other without a moment in which none does. */
import { E5_SMALL_V2, type EmbedderModel, embedderModelId, EMBEDDERS, filesOf } from '../../models';
import type { FolderFile, ModelFiles } from '../chat';
import type { Embedder } from '../embed';
import { EngineError } from '../errors';
import { createLane } from '../lane';
import type { Succession } from '../jobs';
import type { PrivacyShelf } from '../privacy';
import { answering } from './answering';
import { copyFolder, openFiles, recogniseFolder, removeFiles } from './folder';
import type { EmbedderRefusal, EmbedderView } from './types';

export interface EmbeddersOptions {
  shelf: PrivacyShelf;
  /** Where files that were added lie. */
  files: ModelFiles;
  /** Starts a model; `files` by their paths, null for a model of the package. */
  start: (model: EmbedderModel, files: ReadonlyMap<string, Blob> | null) => Embedder;
  /** Something that `list` or `going` tells is another. */
  onChange: () => void;
}

export interface Embedders extends Succession {
  /** The one that answers, at any moment. */
  readonly answering: Embedder;
  list(): EmbedderView[];
  /** Of what was added. */
  bytes(): number;
  /** The model that is to answer next: what its vectors are stored under, and why it cannot, when it cannot. */
  going(): { model: EmbedderModel; modelId: string; error: string | null } | null;
  /** Whether vectors of this id are of the model that is to answer next. */
  isAwaited(modelId: string): boolean;
  /** Copies the files of a model, each held against the sum of the published one. @throws EngineError `aborted`, `store_full` */
  add(
    files: readonly FolderFile[],
    onProgress: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<EmbedderView | EmbedderRefusal>;
  /** @throws EngineError `bad_input` for one that is in use */
  remove(id: string): Promise<void>;
  /** It is to answer, once every passage has its vector. The one that answers now: no other is to. @throws EngineError `not_found` */
  choose(id: string): Promise<void>;
  /**
   * Told what is stored: where the only vectors are of a model that is here and does not answer, it answers until those of
   * the chosen one are made.
   */
  found(modelIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const KEY = 'embedders';

/** As it is kept. */
interface Choice {
  /** Ids of models whose files were added. */
  here: string[];
  answering: string;
  next: string | null;
}

const ofModel = (modelId: string, { id }: EmbedderModel) => modelId.startsWith(`${id}/`);

export async function openEmbedders({ shelf, files, start, onChange }: EmbeddersOptions): Promise<Embedders> {
  const kept = (await shelf.get(KEY)) as Choice | undefined;
  const choice: Choice = { here: [], answering: E5_SMALL_V2.id, next: null, ...kept };
  const isHere = ({ id, packaged }: EmbedderModel) => packaged || choice.here.includes(id);
  const modelOf = (id: string | null) => EMBEDDERS.find((one) => one.id === id && isHere(one));

  /** Each reads what the one before wrote. */
  const inTurn = createLane();
  /** Copying takes its time, and nothing else waits for it. */
  const adding = createLane();
  /** On disk before anything is done because of it. */
  const keep = async (change: Partial<Choice>) => {
    await shelf.putAll(new Map([[KEY, { ...choice, ...change }]]));
    Object.assign(choice, change);
  };
  const startModel = async (model: EmbedderModel) =>
    start(model, model.packaged ? null : await openFiles(model, files));

  /** With what else the browser cleared. */
  const lost = async ({ id, name }: EmbedderModel, cause: unknown, change: Partial<Choice>) => {
    console.warn(`commonplace: the files of ${name} are gone`, cause);
    await keep({ here: choice.here.filter((one) => one !== id), ...change });
  };

  let current = modelOf(choice.answering) ?? E5_SMALL_V2;
  let first: Embedder;
  try {
    first = await startModel(current);
  } catch (error) {
    if (current.packaged) throw error;
    await lost(current, error, { answering: E5_SMALL_V2.id });
    current = E5_SMALL_V2;
    first = await startModel(current);
  }
  const now = answering(first);
  let next: { model: EmbedderModel; embedder: Embedder } | null = null;
  let closed = false;

  /** The model that is to answer next, if it is another and can be started. */
  const wanted = () => {
    const model = modelOf(choice.next);
    return model && model.id !== current.id ? model : null;
  };
  const dropNext = async () => {
    const old = next;
    next = null;
    await old?.embedder.close();
  };
  const view = (model: EmbedderModel): EmbedderView => {
    const { id, name, languages, packaged, licence, source, revision } = model;
    const bytes = filesOf(model, 'q8').reduce((sum, file) => sum + file.bytes, 0);
    const use = id === current.id ? 'answering' : id === wanted()?.id ? 'next' : null;
    return { id, name, languages, packaged, licence, source, revision, bytes, here: isHere(model), use };
  };

  return {
    answering: now,
    list: () => EMBEDDERS.map(view),
    bytes: () =>
      EMBEDDERS.map(view)
        .filter(({ here, packaged }) => here && !packaged)
        .reduce((sum, { bytes }) => sum + bytes, 0),
    going() {
      const model = wanted();
      if (!model) return null;
      const state = next?.model === model ? next.embedder.state() : null;
      return {
        model,
        modelId: state?.model_id ?? embedderModelId(model, 'q8'),
        error: state?.state === 'unavailable' ? state.error : null,
      };
    },
    isAwaited(modelId) {
      const model = wanted();
      return model !== null && ofModel(modelId, model);
    },
    add: (given, onProgress, signal) =>
      adding(async () => {
        const model = await recogniseFolder(given);
        if ('refused' in model) return model;
        if (!isHere(model)) {
          const refused = await copyFolder(model, given, files, onProgress, signal);
          if (refused) return refused;
          await inTurn(() => keep({ here: [...choice.here, model.id] }));
          onChange();
        }
        return view(model);
      }),
    remove: (id) =>
      inTurn(async () => {
        const model = modelOf(id);
        if (!model || model.packaged) return;
        if (model === current || model === wanted()) throw new EngineError('bad_input', `${model.name} is in use.`);
        await keep({ here: choice.here.filter((one) => one !== id) });
        await removeFiles(model, files);
        onChange();
      }),
    choose: (id) =>
      inTurn(async () => {
        const model = modelOf(id);
        if (!model) throw new EngineError('not_found', `There is no embedder ${id} here.`);
        if (id === wanted()?.id) return;
        await keep({ next: model === current ? null : id });
        await dropNext();
        onChange();
      }),
    next: () =>
      inTurn(async () => {
        const model = wanted();
        if (!model || closed) return null;
        if (next?.model !== model) {
          await dropNext();
          try {
            next = { model, embedder: await startModel(model) };
            next.embedder.onState(onChange);
          } catch (error) {
            await lost(model, error, { next: null });
          }
          onChange();
        }
        return next?.embedder ?? null;
      }),
    isNext: (embedder) => next?.embedder === embedder && next.model === wanted(),
    take: (embedder) =>
      inTurn(async () => {
        const taken = next;
        if (taken?.embedder !== embedder || taken.model !== wanted()) return async () => {}; // another was chosen meanwhile
        await keep({ answering: taken.model.id, next: null });
        next = null;
        current = taken.model;
        const before = now.change(taken.embedder);
        onChange();
        return () => before.close();
      }),
    found: (modelIds) =>
      inTurn(async () => {
        if (modelIds.length === 0 || modelIds.some((id) => ofModel(id, current))) return;
        const other = EMBEDDERS.find((model) => isHere(model) && modelIds.some((id) => ofModel(id, model)));
        if (!other) return;
        const chosen = wanted() ?? current;
        const embedder = next?.model === other ? next.embedder : await startModel(other);
        await keep({ answering: other.id, next: chosen === other ? null : chosen.id });
        if (next?.embedder === embedder) next = null;
        else await dropNext();
        current = other;
        const before = now.change(embedder);
        onChange();
        await before.close();
      }),
    async close() {
      closed = true;
      await dropNext();
      await now.close();
    },
  };
}
