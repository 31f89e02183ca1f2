import type { Emit } from '@rewardedit/core';
import { encodePng, type Picture } from '@rewardedit/data';
import {
  createEditor,
  editMemory,
  editParameters,
  readShown,
  type AskedSize,
  type EditRequest,
  type EditSettings,
  type EditorParts,
  type OpenedEditModel,
} from '@rewardedit/diffusion';
import { checkMemory, totalMemory, type Backend } from '@rewardedit/graph';
import type { Candidate, EditTask } from './candidate.ts';

export interface ModelCandidateOptions {
  /** Its weights are loaded with the first edit, once there is known to be memory for both. */
  readonly model: OpenedEditModel;
  readonly backend: Backend;
  readonly settings: EditSettings;
  /** The size at which pictures are edited. */
  readonly size: AskedSize;
  /** What the run records about the model: its folder, and a digest to tell two of that name apart. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The number of pictures of one size that are edited together. */
const BATCH = 16;

/**
 * Edits with one of our models. Each item's noise comes from the seed and the item's id, so an edit depends neither on the order
 * nor on what else is edited. Dispose of it when done; the backend stays the caller's.
 */
export function modelCandidate(options: ModelCandidateOptions): Candidate & { dispose(): Promise<void> } {
  const { model: opened, backend, settings, size, config } = options;
  const assertRoom = roomFor(options);
  let parts: EditorParts | undefined;
  let editor: ReturnType<typeof createEditor> | undefined;
  const request = async ({ item, original }: EditTask): Promise<EditRequest> => {
    const { picture } = await readShown(original, opened.model, size);
    return { key: item.id, instruction: item.instruction, picture };
  };
  return {
    config: { ...config, ...size, settings },
    mayChange: false,
    batchSize: BATCH,
    extra: [],
    async edit(tasks, hooks = {}) {
      const requests = await Promise.all(tasks.map(request));
      const edited = new Map<string, Picture>();
      for (const group of bySize(requests)) {
        assertRoom(group, hooks.emit);
        parts ??= await opened.load(backend);
        editor ??= createEditor(parts);
        const pictures = await editor.edit(group, settings, hooks);
        for (const [i, { key }] of group.entries()) edited.set(key, pictures[i]);
      }
      return requests.map(({ key }) => ({ bytes: encodePng(edited.get(key)!) }));
    },
    async dispose() {
      await editor?.dispose();
      await parts?.state.dispose();
    },
  };
}

/**
 * Checks that there is memory for the weights and the pictures of one size, and reports the need whenever it exceeds what was
 * reported before.
 */
function roomFor({
  model: { model, types },
  backend,
  settings,
}: ModelCandidateOptions): (group: readonly EditRequest[], emit: Emit | undefined) => void {
  const weights = { states: [editParameters(model, types)], programs: [] };
  // The need includes the weights, so compare with the memory that was free before they were loaded.
  const free = backend.availableMemory();
  const room = { name: backend.name, availableMemory: () => free, memoryLimit: backend.memoryLimit };
  const known = new Set<string>();
  let most = 0;
  return (group, emit = () => undefined) => {
    const [{ picture: size }] = group;
    const key = `${group.length} of ${size.width}x${size.height}`;
    if (known.has(key)) return;
    known.add(key);
    const need = editMemory({ model, requests: group.length, size, settings, types }, backend, weights);
    if (totalMemory(need) <= most) return;
    most = totalMemory(need);
    checkMemory(need, room, { what: 'Editing', hint: 'Choose a smaller --size.', emit });
  };
}

/** Only pictures of one size can be edited together. */
function bySize(requests: readonly EditRequest[]): EditRequest[][] {
  const groups = new Map<string, EditRequest[]>();
  for (const request of requests) {
    const size = `${request.picture.width}x${request.picture.height}`;
    groups.set(size, [...(groups.get(size) ?? []), request]);
  }
  return [...groups.values()];
}
