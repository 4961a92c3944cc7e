/** One row of the `products` table as the seed writes it: money in cents, weight in grams, hue in degrees (0-359). */
export interface SeedProduct {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
  readonly weightGrams: number;
  readonly stock: number;
  readonly imageHue: number;
}

/** What the shop sells: things for a walk, a tent and a wet Tuesday. Prices are in euros. */
export const products: readonly SeedProduct[] = [
  {
    id: 'ridgeline-tent',
    name: 'Ridgeline tent',
    description: 'Two people, two porches and a roof that shrugs off a gale. Up in four minutes, even with cold hands.',
    priceCents: 24_900,
    weightGrams: 1_980,
    stock: 40,
    imageHue: 152,
  },
  {
    id: 'harbour-rain-jacket',
    name: 'Harbour rain jacket',
    description: 'Three layers, taped seams and a hood that turns with your head. For the days the forecast got wrong.',
    priceCents: 18_500,
    weightGrams: 410,
    stock: 65,
    imageHue: 204,
  },
  {
    id: 'larch-daypack',
    name: 'Larch daypack, 24 litres',
    description: 'Room for lunch, a layer and a book. The frame keeps it off your back, so you arrive dry.',
    priceCents: 9_900,
    weightGrams: 780,
    stock: 80,
    imageHue: 96,
  },
  {
    id: 'ember-stove',
    name: 'Ember stove',
    description: 'Boils half a litre in two minutes and folds into its own mug. Bring your own coffee.',
    priceCents: 5_400,
    weightGrams: 190,
    stock: 120,
    imageHue: 18,
  },
  {
    id: 'featherfall-sleeping-bag',
    name: 'Featherfall sleeping bag',
    description: 'Warm to minus five, with a zip that does not bite. Packs down to the size of a loaf.',
    priceCents: 21_000,
    weightGrams: 960,
    stock: 35,
    imageHue: 262,
  },
  {
    id: 'cloudstep-mat',
    name: 'Cloudstep mat',
    description: 'Seven centimetres between you and the roots. Inflates in twelve breaths; we counted.',
    priceCents: 7_900,
    weightGrams: 520,
    stock: 70,
    imageHue: 186,
  },
  {
    id: 'lantern-headtorch',
    name: 'Lantern headtorch',
    description: 'Four hundred lumens for the path, five for the map. Charges over USB-C between supper and bed.',
    priceCents: 4_500,
    weightGrams: 86,
    stock: 150,
    imageHue: 48,
  },
  {
    id: 'brook-bottle',
    name: 'Brook bottle, 1 litre',
    description: 'Steel, single wall, no squeak. It dents with dignity and outlives its owner.',
    priceCents: 2_600,
    weightGrams: 230,
    stock: 200,
    imageHue: 210,
  },
  {
    id: 'merino-night-tee',
    name: 'Merino night tee',
    description: 'Soft enough to sleep in, quiet enough to wear for three days. Your tent mate will thank you.',
    priceCents: 6_900,
    weightGrams: 150,
    stock: 90,
    imageHue: 330,
  },
  {
    id: 'cairn-poles',
    name: 'Cairn walking poles',
    description: 'A pair, in carbon, with cork grips. They lock without a tool and forgive a stumble.',
    priceCents: 11_900,
    weightGrams: 460,
    stock: 55,
    imageHue: 28,
  },
  {
    id: 'fieldnote-map-case',
    name: 'Fieldnote map case',
    description: 'Waterproof, see-through and big enough for a folded sheet. The battery never runs out.',
    priceCents: 1_900,
    weightGrams: 74,
    stock: 110,
    imageHue: 128,
  },
  {
    id: 'summit-cocoa',
    name: 'Summit cocoa, 10 sachets',
    description: 'Dark, not too sweet, and better at two thousand metres. Add hot water and a view.',
    priceCents: 1_200,
    weightGrams: 300,
    stock: 300,
    imageHue: 8,
  },
];
