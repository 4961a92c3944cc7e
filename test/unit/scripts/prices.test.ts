/** The price list is what the script makes of its package, and what it makes of an entry. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { priceFile, providerOf } from '../../../scripts/update-prices.ts';
import { ROOT } from '../repository/sources.ts';

const FILE = 'src/data/prices.json';

/** As the second command in the script's head does it. */
function formatted(text: string): string {
  const prettier = join(ROOT, 'node_modules/prettier/bin/prettier.cjs');
  return execFileSync(process.execPath, [prettier, '--stdin-filepath', FILE], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}

test('the file is what the script writes from the package that is installed', () => {
  expect(formatted(priceFile())).toBe(readFileSync(join(ROOT, FILE), 'utf8'));
});

/** One entry of each form that the package has. */
const MODELS: Parameters<typeof providerOf>[0]['models'] = [
  {
    id: 'plain',
    match: { equals: 'plain' },
    prices: { input_mtok: 2.5, cache_read_mtok: 1.25, cache_write_mtok: 3, output_mtok: 10, output_reasoning_mtok: 12 },
  },
  {
    id: 'dearer when long',
    match: { starts_with: 'long' },
    prices: {
      input_mtok: { base: 1.25, tiers: [{ start: 200_000, price: 2.5 }] },
      output_mtok: { base: 10, tiers: [{ start: 200_000, price: 15 }] },
    },
  },
  {
    id: 'cheaper since a day',
    match: { contains: 'since' },
    prices: [
      { prices: { input_mtok: 10, output_mtok: 40 } },
      { constraint: { type: 'start_date', start_date: '2025-06-10' }, prices: { input_mtok: 2, output_mtok: 8 } },
    ],
  },
  {
    id: 'cheaper at night',
    match: { or: [{ equals: 'night' }, { ends_with: '-night' }] },
    prices: [
      { prices: { input_mtok: 0.27 } },
      {
        constraint: { type: 'time_of_date', start_time: '16:30:00Z', end_time: '00:30:00Z' },
        prices: { input_mtok: 0.135 },
      },
    ],
  },
  // Kinds of tokens that are not text, and what is said of a model, are left out.
  { id: 'hears', name: 'Hears', match: { equals: 'hears' }, prices: { input_mtok: 1, input_audio_mtok: 40 } },
  // Sold otherwise as well: tokens alone would be too little.
  { id: 'by request', match: { equals: 'by' }, prices: { input_mtok: 1, requests_kcount: 5 } },
  { id: 'without a price of input', match: { equals: 'none' }, prices: { output_mtok: 1 } },
];

test('an entry keeps its prices of text tokens, with their steps, days and hours', () => {
  expect(providerOf({ fallback_model_providers: ['openai'], models: MODELS })).toEqual({
    hosts: ['openai'],
    models: [
      {
        id: 'plain',
        match: { equals: 'plain' },
        prices: [{ input: 2.5, cacheRead: 1.25, cacheWrite: 3, output: 10, reasoning: 12 }],
      },
      {
        id: 'dearer when long',
        match: { starts_with: 'long' },
        prices: [{ input: [1.25, [200_000, 2.5]], output: [10, [200_000, 15]] }],
      },
      {
        id: 'cheaper since a day',
        match: { contains: 'since' },
        prices: [
          { input: 10, output: 40 },
          { from: '2025-06-10', input: 2, output: 8 },
        ],
      },
      {
        id: 'cheaper at night',
        match: { or: [{ equals: 'night' }, { ends_with: '-night' }] },
        prices: [{ input: 0.27 }, { hours: ['16:30:00Z', '00:30:00Z'], input: 0.135 }],
      },
      { id: 'hears', match: { equals: 'hears' }, prices: [{ input: 1 }] },
    ],
  });
});
