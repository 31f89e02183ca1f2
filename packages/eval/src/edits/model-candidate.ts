import { encodePng, type Picture } from '@rewardedit/data';
import {
  createEditor,
  readShown,
  type AskedSize,
  type EditRequest,
  type EditSettings,
  type EditorParts,
} from '@rewardedit/diffusion';
import type { Candidate, EditTask } from './candidate.ts';

export interface ModelCandidateOptions {
  readonly parts: EditorParts;
  readonly settings: EditSettings;
  /** At what size pictures are edited. */
  readonly size: AskedSize;
  /** What the run keeps of the model: its folder and whatever tells two of that name apart. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Pictures of one size that are edited together. */
const BATCH = 16;

/**
 * A model of ours. Each item's noise comes from the seed and the item's id, so that an edit depends neither on the order nor on what is
 * edited beside it. Dispose of it when done.
 */
export function modelCandidate(options: ModelCandidateOptions): Candidate & { dispose(): Promise<void> } {
  const { parts, settings, size, config } = options;
  const editor = createEditor(parts);
  const request = async ({ item, original }: EditTask): Promise<EditRequest> => {
    const { picture } = await readShown(original, parts.model, size);
    return { key: item.id, instruction: item.instruction, picture };
  };
  return {
    config: { ...config, ...size, settings },
    mayChange: false,
    batchSize: BATCH,
    extra: [],
    async edit(tasks, hooks) {
      const requests = await Promise.all(tasks.map(request));
      const edited = new Map<string, Picture>();
      for (const group of bySize(requests)) {
        const pictures = await editor.edit(group, settings, hooks);
        for (const [i, { key }] of group.entries()) edited.set(key, pictures[i]);
      }
      return requests.map(({ key }) => ({ bytes: encodePng(edited.get(key)!) }));
    },
    dispose: editor.dispose,
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
