import { blinkView, type BlinkView } from './blink-view.ts';
import { createControls } from './comparison-controls.ts';
import { differenceView, type DifferenceView } from './difference-view.ts';
import { byId } from './dom.ts';
import { sideView, type ShownPicture } from './side-view.ts';
import { sliderView, type SliderView } from './slider-view.ts';
import { VIEW_MODES, type LoadedPicture, type Pair, type View, type ViewMode, type Zoom } from './view.ts';

/** A picture that is loaded when it is shown. */
export type PictureSource = { readonly title: string; load(): Promise<LoadedPicture> };

/** What is compared: one of the edits with the original, or with the true edit where that is known. */
export type ComparedPictures = {
  readonly original: PictureSource;
  readonly truth?: PictureSource | undefined;
  readonly edits: readonly PictureSource[];
};

/** The pictures of an edit, compared in one of several ways. */
export type Comparison = {
  show(pictures: ComparedPictures): Promise<void>;
  nextMode(): void;
  toggleZoom(): void;
  /** Compares with the true edit, or with the original again. */
  toggleReference(): void;
  /** Compares the next edit, where there are several. */
  nextEdit(): void;
  /** Shows the other picture at the same place. */
  flip(): void;
  /** Moves the border between the pictures, by hundredths of their width. */
  moveSlider(by: number): void;
};

export type ComparisonOptions = {
  readonly mode: ViewMode;
  /** Told which way is chosen, to keep it in the address. */
  readonly onMode: (mode: ViewMode) => void;
  /** Whether all pictures stand side by side, or only the two that are compared. */
  readonly showsAll: boolean;
};

/** While new pictures load, the old ones stay for so long, so that nothing flickers. */
const OLD_PICTURES_MILLISECONDS = 80;

/** The part of a page in which pictures are compared: its outline has the elements `controls` and `stage`. */
export function createComparison({ mode, onMode, showsAll }: ComparisonOptions): Comparison {
  const stage = byId('stage');
  const state = { mode, zoom: 'fit' as Zoom, isTruth: false, gain: 4, border: 50 };
  /** Which of the edits is compared; the last one unless somebody chose. */
  let chosenEdit: number | undefined;
  const editOf = ({ length }: ComparedPictures['edits']) => Math.min(chosenEdit ?? length - 1, length - 1);
  let pictures: ComparedPictures | undefined;
  let view: View | SliderView | BlinkView | DifferenceView | undefined;
  let renderings = 0;

  const makers: Readonly<Record<ViewMode, (pair: Pair) => View | Promise<View>>> = {
    side: ({ reference, edited }) => sideView([reference, edited]),
    slider: (pair) => sliderView(pair, state.border, (border) => (state.border = border)),
    difference: (pair) => differenceView(pair, state.gain),
    blink: blinkView,
  };
  const viewOf = async ({ original, truth, edits }: ComparedPictures): Promise<View> => {
    if (showsAll && state.mode === 'side') {
      const all = [original, ...edits, ...(truth === undefined ? [] : [truth])];
      return sideView(await Promise.all(all.map(load)));
    }
    const reference = state.isTruth && truth !== undefined ? truth : original;
    const [a, b] = await Promise.all([load(reference), load(edits[editOf(edits)])]);
    if ('error' in a || 'error' in b) return sideView([a, b]);
    try {
      return await makers[state.mode]({ reference: a, edited: b });
    } catch (error) {
      return sideView([{ title: 'Compared', error }]);
    }
  };
  const showControls = ({ truth, edits }: ComparedPictures) => {
    const hasTruth = truth !== undefined;
    controls.update({
      ...state,
      hasTruth,
      isTruth: hasTruth && state.isTruth,
      edits: showsAll && state.mode === 'side' ? [] : edits.map(({ title }) => title),
      edit: editOf(edits),
    });
  };
  const render = async () => {
    if (pictures === undefined) return;
    const rendering = (renderings += 1);
    const clearing = setTimeout(() => stage.replaceChildren(), OLD_PICTURES_MILLISECONDS);
    showControls(pictures);
    const made = await viewOf(pictures);
    clearTimeout(clearing);
    // Other pictures, or another view, may have been asked for meanwhile.
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
    if (pictures !== undefined) showControls(pictures);
    view?.resize(state.zoom);
  };
  const toggleReference = () => {
    if (pictures?.truth === undefined) return;
    state.isTruth = !state.isTruth;
    void render();
  };
  const setEdit = (edit: number) => {
    chosenEdit = edit;
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
    onEdit: setEdit,
    onGain(gain) {
      state.gain = gain;
      if (view !== undefined && 'setGain' in view) view.setGain(gain);
    },
  });
  new ResizeObserver(() => view?.resize(state.zoom)).observe(stage);

  return {
    show(shown) {
      pictures = shown;
      return render();
    },
    nextMode: () => setMode(VIEW_MODES[(VIEW_MODES.indexOf(state.mode) + 1) % VIEW_MODES.length]),
    toggleZoom,
    toggleReference,
    nextEdit() {
      if (pictures !== undefined) setEdit((editOf(pictures.edits) + 1) % pictures.edits.length);
    },
    flip,
    moveSlider(by) {
      if (view !== undefined && 'move' in view) view.move(by);
    },
  };
}

async function load(source: PictureSource): Promise<ShownPicture> {
  try {
    return { title: source.title, picture: await source.load() };
  } catch (error) {
    return { title: source.title, error };
  }
}
