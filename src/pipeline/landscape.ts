/** Draws hills under the weather of a place. The same place and weather give the same picture. */
import type { Picture } from './png.ts';
import type { Weather } from './queues.ts';

const WIDTH = 320;
const HEIGHT = 200;
type Color = readonly [red: number, green: number, blue: number];

/** How a picture looks in each format. */
const FORMATS: Readonly<Record<string, { readonly channels: 1 | 3; readonly light: number }>> = {
  rgb_light: { channels: 3, light: 1 },
  rgb_dark: { channels: 3, light: 0.35 },
  eink: { channels: 1, light: 1 },
};

/** The formats that are asked for, by LANDSCAPE_FORMATS or all of them. */
export function configuredFormats(): string[] {
  const names = (process.env['LANDSCAPE_FORMATS'] || Object.keys(FORMATS).join()).split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(FORMATS, name));
  if (unknown !== undefined) {
    throw new Error(`LANDSCAPE_FORMATS names "${unknown}": it knows ${Object.keys(FORMATS).join(', ')}`);
  }
  return names;
}

function mix(from: Color, to: Color, part: number): Color {
  return [0, 1, 2].map((at) => (from[at] ?? 0) + ((to[at] ?? 0) - (from[at] ?? 0)) * part) as unknown as Color;
}

/** The height of the hills at one column, in rows from the bottom. */
function hill(column: number, seed: number, layer: number): number {
  const x = column / WIDTH;
  const waves = Math.sin(x * (5 + layer * 2) + seed) + Math.sin(x * (13 + layer * 3) + seed * 1.7) / 2;
  return HEIGHT * (0.42 - layer * 0.13) + waves * 14;
}

function colorAt(column: number, row: number, seed: number, { celsius, clouds, rain_mm }: Weather): Color {
  const fromBottom = HEIGHT - row;
  const warmth = Math.min(1, Math.max(0, (celsius + 10) / 45));
  for (const layer of [2, 1, 0]) {
    if (fromBottom > hill(column, seed, layer)) continue;
    return mix(celsius <= 0 ? [225, 232, 240] : [70, 120, 60], [190, 160, 80], (warmth * (layer + 1)) / 4);
  }
  const raining = rain_mm > 0 && (column * 7 + row * 3) % Math.max(5, 40 - rain_mm * 4) === 0;
  if (raining) return [150, 165, 185];
  const toSun = Math.hypot(column - WIDTH * 0.75, row - HEIGHT * 0.25);
  if (toSun < 16 && clouds < 0.8) return [255, 225, 130];
  return mix(mix([110, 165, 225], [240, 215, 180], (row / HEIGHT) * warmth), [160, 165, 172], clouds * 0.85);
}

/**
 * Draws one picture.
 *
 * @throws Error for a format that is none
 */
export function drawLandscape(zip: string, weather: Weather, format: string): Picture {
  const look = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  if (look === undefined) throw new Error('there is no such format');
  const pixels = new Uint8Array(WIDTH * HEIGHT * look.channels);
  const seed = (Number(zip) % 628) / 100;
  for (let row = 0; row < HEIGHT; row += 1) {
    for (let column = 0; column < WIDTH; column += 1) {
      const [red, green, blue] = colorAt(column, row, seed, weather).map(
        (part) => part * look.light,
      ) as unknown as Color;
      const at = (row * WIDTH + column) * look.channels;
      // ITU-R BT.601 for gray.
      pixels.set(look.channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue], at);
    }
  }
  return { width: WIDTH, height: HEIGHT, channels: look.channels, pixels };
}
