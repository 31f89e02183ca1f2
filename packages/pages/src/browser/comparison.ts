import { blinkView, type BlinkView } from './blink-view.ts';
import { createControls } from './comparison-controls.ts';
import { differenceView, type DifferenceView } from './difference-view.ts';
import { byId } from './dom.ts';
import { sideView, type ShownPicture } from './side-view.ts';
import { sliderView, type SliderView } from './slider-view.ts';
import { VIEW_MODES, type LoadedPicture, type Pair, type View, type ViewMode, type Zoom } from './view.ts';

/** A picture that is loaded only when it is shown. */
export type PictureSource = { readonly title: string; load(): Promise<LoadedPicture> };

/** The pictures to compare: one of the edits with the original, or with the true edit if that is known. */
export type ComparedPictures = {
  readonly original: PictureSource;
  readonly truth?: PictureSource | undefined;
  readonly edits: readonly PictureSource[];
};

/** Compares the pictures of an edit in one of several views. */
export type Comparison = {
  show(pictures: ComparedPictures): Promise<void>;
  nextMode(): void;
  toggleZoom(): void;
  /** Switches between comparing with the original and with the true edit. */
  toggleReference(): void;
  /** Compares the next of several edits. */
  nextEdit(): void;
  /** Shows the other picture in the same place. */
  flip(): void;
  /** Moves the border between the pictures, by a percentage of their width. */
  moveSlider(by: number): void;
};

export type ComparisonOptions = {
  readonly mode: ViewMode;
  /** Called with the chosen view, to keep it in the address. */
  readonly onMode: (mode: ViewMode) => void;
  /** Whether the side-by-side view shows all pictures, or only the two being compared. */
  readonly showsAll: boolean;
};

/** How long old pictures stay while new ones load, to avoid flicker. */
const OLD_PICTURES_MILLISECONDS = 80;

/** Creates the comparison in a page whose outline has the elements `controls` and `stage`. */
export function createComparison({ mode, onMode, showsAll }: ComparisonOptions): Comparison {
  const stage = byId('stage');
  const state = { mode, zoom: 'fit' as Zoom, isTruth: false, gain: 4, border: 50 };
  /** The edit being compared; the last one until the user chooses. */
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
    // Other pictures, or another view, may have been requested meanwhile.
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
