import type { PictureRole, RowDetails } from '../protocol.ts';
import { VIEW_MODES, type ViewMode } from './address.ts';
import { blinkView, type BlinkView } from './blink-view.ts';
import { createControls } from './comparison-controls.ts';
import { differenceView, type DifferenceView } from './difference-view.ts';
import { byId } from './dom.ts';
import { loadPicture } from './pictures.ts';
import { brokenView, sideView } from './side-view.ts';
import { sliderView, type SliderView } from './slider-view.ts';
import type { NamedPicture, Pair, View, Zoom } from './view.ts';

/** The pictures of a row, compared in one of several ways. */
export type Comparison = {
  show(row: RowDetails): Promise<void>;
  nextMode(): void;
  toggleZoom(): void;
  /** Compares with the true edit, or with the original again. */
  toggleReference(): void;
  /** Shows the other picture at the same place. */
  flip(): void;
  /** Moves the border between the pictures, by hundredths of their width. */
  moveSlider(by: number): void;
};

const TITLES: Readonly<Record<PictureRole, string>> = {
  original: 'Original',
  edited: 'Edited',
  truth: 'True edit',
};

/** While new pictures load, the old ones stay for so long, so that nothing flickers. */
const OLD_PICTURES_MILLISECONDS = 80;

/** @param onMode is told which way is chosen, to keep it in the address. */
export function createComparison(firstMode: ViewMode, onMode: (mode: ViewMode) => void): Comparison {
  const stage = byId('stage');
  const state = {
    mode: firstMode,
    zoom: 'fit' as Zoom,
    reference: 'original' as PictureRole,
    gain: 4,
    border: 50,
  };
  let row: RowDetails | undefined;
  let view: View | SliderView | BlinkView | DifferenceView | undefined;
  let renderings = 0;

  const makers: Readonly<Record<ViewMode, (pair: Pair) => View | Promise<View>>> = {
    side: sideView,
    slider: (pair) => sliderView(pair, state.border, (border) => (state.border = border)),
    difference: (pair) => differenceView(pair, state.gain),
    blink: blinkView,
  };
  const viewOf = async (position: number, reference: PictureRole): Promise<View> => {
    const [a, b] = await Promise.all([load(position, reference), load(position, 'edited')]);
    if ('error' in a || 'error' in b) return brokenView([a, b]);
    try {
      return await makers[state.mode]({ reference: a, edited: b });
    } catch (error) {
      return brokenView([{ title: 'Compared', error }]);
    }
  };
  const showControls = ({ pictures }: RowDetails) => {
    const hasTruth = pictures.truth !== undefined;
    const reference = hasTruth ? state.reference : 'original';
    controls.update({ ...state, reference, hasTruth });
    return reference;
  };
  const render = async () => {
    if (row === undefined) return;
    const rendering = (renderings += 1);
    const clearing = setTimeout(() => stage.replaceChildren(), OLD_PICTURES_MILLISECONDS);
    const made = await viewOf(row.position, showControls(row));
    clearTimeout(clearing);
    // Another row, or another view, may have been asked for meanwhile.
    if (rendering !== renderings) return;
    view = made;
    stage.replaceChildren(made.root);
    made.resize(state.zoom);
  };

  const setMode = (mode: ViewMode) => {
    state.mode = mode;
    onMode(mode);
    void render();
  };
  const toggleZoom = () => {
    state.zoom = state.zoom === 'fit' ? 'actual' : 'fit';
    if (row !== undefined) showControls(row);
    view?.resize(state.zoom);
  };
  const toggleReference = () => {
    if (row?.pictures.truth === undefined) return;
    state.reference = state.reference === 'truth' ? 'original' : 'truth';
    void render();
  };
  const flip = () => {
    if (view !== undefined && 'flip' in view) view.flip();
    else setMode('blink');
  };
  const controls = createControls({
    onMode: setMode,
    onZoom: toggleZoom,
    onReference: toggleReference,
    onFlip: flip,
    onGain(gain) {
      state.gain = gain;
      if (view !== undefined && 'setGain' in view) view.setGain(gain);
    },
  });
  new ResizeObserver(() => view?.resize(state.zoom)).observe(stage);

  return {
    show(details) {
      row = details;
      return render();
    },
    nextMode: () => setMode(VIEW_MODES[(VIEW_MODES.indexOf(state.mode) + 1) % VIEW_MODES.length]),
    toggleZoom,
    toggleReference,
    flip,
    moveSlider(by) {
      if (view !== undefined && 'move' in view) view.move(by);
    },
  };
}

async function load(
  row: number,
  role: PictureRole,
): Promise<NamedPicture | { readonly title: string; readonly error: unknown }> {
  try {
    return { title: TITLES[role], picture: await loadPicture(row, role) };
  } catch (error) {
    return { title: TITLES[role], error };
  }
}
