/**
 * Whether an ICC profile is equivalent to sRGB, so that a picture looks the same without it. Compares the three primaries and samples of the
 * three curves (ICC.1:2022, 8.3.3 and 10.6, 10.18; IEC 61966-2-1). False for a profile of another kind, such as one with lookup tables, and
 * for an invalid one.
 */
export function isSrgbProfile(profile: Buffer): boolean {
  try {
    return hasSrgbMatrix(profile);
  } catch (error) {
    // A truncated profile is read past its end.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Primaries in CIE XYZ, adapted to the white point of profiles (D50). */
const PRIMARIES: readonly (readonly [tag: string, x: number, y: number, z: number])[] = [
  ['rXYZ', 0.4361, 0.2225, 0.0139],
  ['gXYZ', 0.3851, 0.7169, 0.0971],
  ['bXYZ', 0.1431, 0.0606, 0.7141],
];
const CURVES = ['rTRC', 'gTRC', 'bTRC'];
/** sRGB profiles differ by rounding, and some by the white point they were made with. */
const PRIMARY_TOLERANCE = 0.002;
/** 1.5 steps of 255. */
const CURVE_TOLERANCE = 1.5 / 255;
const POINTS = Array.from({ length: 33 }, (_, at) => at / 32);

function hasSrgbMatrix(profile: Buffer): boolean {
  const text = (at: number) => profile.toString('latin1', at, at + 4);
  if (text(16) !== 'RGB ' || text(20) !== 'XYZ ' || text(36) !== 'acsp') return false;
  const tags = new Map<string, Buffer>();
  for (let entry = 0; entry < profile.readUInt32BE(128); entry++) {
    const at = 132 + entry * 12;
    const offset = profile.readUInt32BE(at + 4);
    tags.set(text(at), profile.subarray(offset, offset + profile.readUInt32BE(at + 8)));
  }
  // Lookup tables take precedence over the matrix.
  if ([...tags.keys()].some((name) => /^[AD]2B\d$/.test(name))) return false;
  const isPrimary = ([name, ...expected]: (typeof PRIMARIES)[number]) => {
    const tag = tags.get(name);
    return (
      tag !== undefined &&
      expected.every((value, axis) => Math.abs(fixed(tag, 8 + 4 * axis) - value) <= PRIMARY_TOLERANCE)
    );
  };
  const isCurve = (name: string) => {
    const tag = tags.get(name);
    const curve = tag && readCurve(tag);
    return curve !== undefined && POINTS.every((x) => Math.abs(encodeSrgb(curve(x)) - x) <= CURVE_TOLERANCE);
  };
  return PRIMARIES.every(isPrimary) && CURVES.every(isCurve);
}

/** Reads a fixed-point number with 16 fractional bits. */
function fixed(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) / 65_536;
}

/** Reads a curve from code values to light, both 0 to 1; undefined for an unknown kind. */
function readCurve(tag: Buffer): ((x: number) => number) | undefined {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv') return tableCurve(tag);
  return type === 'para' ? formulaCurve(tag) : undefined;
}

function tableCurve(tag: Buffer): (x: number) => number {
  const count = tag.readUInt32BE(8);
  if (count === 0) return (x) => x;
  if (count === 1) {
    const gamma = tag.readUInt16BE(12) / 256;
    return (x) => x ** gamma;
  }
  const value = (at: number) => tag.readUInt16BE(12 + 2 * at) / 65_535;
  return (x) => {
    const place = x * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    return value(below) + (value(below + 1) - value(below)) * (place - below);
  };
}

/** Number of parameters of each function type. */
const PARAMETERS = [1, 3, 4, 5, 7];

function formulaCurve(tag: Buffer): ((x: number) => number) | undefined {
  const type = tag.readUInt16BE(8);
  const count = PARAMETERS[type];
  if (count === undefined) return undefined;
  const [g, a = 1, b = 0, c = 0, d, e = 0, f = 0] = Array.from({ length: count }, (_, at) =>
    fixed(tag, 12 + 4 * at),
  );
  // Below its threshold, a curve is linear (types 3 and 4) or constant (types 1 and 2, with c).
  if (type === 0) return (x) => x ** g;
  if (type <= 2) return (x) => (x >= -b / a ? (a * x + b) ** g + (type === 2 ? c : 0) : type === 2 ? c : 0);
  return (x) => (x >= d ? (a * x + b) ** g + e : c * x + f);
}

function encodeSrgb(light: number): number {
  return light <= 0.003_130_8 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}
