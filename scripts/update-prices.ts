/**
 * Writes `src/data/prices.json`, the prices of models, from the development dependency `@pydantic/genai-prices`: text
 * tokens alone, of providers that sell their own models or host others'. Run after an update of that package:
 * node scripts/update-prices.ts && npx prettier --write src/data/prices.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findProvider, type ModelInfo, type ModelPrice, type Provider } from '@pydantic/genai-prices';

const PROVIDERS = 'openai azure anthropic google mistral groq deepseek x-ai cohere perplexity aws moonshotai'.split(
  ' ',
);
/** Day the package's version was published: what its data can know. */
const DAY = '2026-09-23';

/** The package's name of a price per million tokens, and ours. */
const KINDS = {
  input_mtok: 'input',
  cache_read_mtok: 'cacheRead',
  cache_write_mtok: 'cacheWrite',
  output_mtok: 'output',
  output_reasoning_mtok: 'reasoning',
} as const;
/** Sold per request or per citation as well: tokens alone would be too little. */
const NOT_BY_TOKENS = ['requests_kcount', 'output_citation_mtok', 'input_text_messages_kcount'];

function pricesOf(prices: ModelPrice): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(KINDS).flatMap(([theirs, ours]): [string, unknown][] => {
      const price = prices[theirs];
      if (price === undefined) return [];
      if (typeof price === 'number') return [[ours, price]];
      return [[ours, [price.base, ...price.tiers.map((tier) => [tier.start, tier.price])]]];
    }),
  );
}

function modelOf(model: ModelInfo): object[] {
  const list = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const soldByTokens = list.every(
    ({ prices }) => prices['input_mtok'] !== undefined && !NOT_BY_TOKENS.some((key) => prices[key] !== undefined),
  );
  if (!soldByTokens) return [];
  const prices = list.map(({ constraint, prices: each }) => ({
    ...(constraint?.type === 'start_date' ? { from: constraint.start_date } : {}),
    ...(constraint?.type === 'time_of_date' ? { hours: [constraint.start_time, constraint.end_time] } : {}),
    ...pricesOf(each),
  }));
  return [{ id: model.id, match: model.match, prices }];
}

/** A provider as the file has it: models that are not sold by tokens alone are left out. */
export function providerOf(provider: Pick<Provider, 'fallback_model_providers' | 'models'>): object {
  return { hosts: provider.fallback_model_providers ?? [], models: provider.models.flatMap(modelOf) };
}

/** The whole file's text, one model a line. */
export function priceFile(): string {
  const manifest = resolve(import.meta.dirname, '../node_modules/@pydantic/genai-prices/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const providers = Object.fromEntries(
    PROVIDERS.map((id) => {
      const provider = findProvider({ providerId: id });
      if (provider === undefined) throw new Error(`@pydantic/genai-prices knows no provider ${id}`);
      return [id, providerOf(provider)];
    }),
  );
  const head = { of: DAY, source: `@pydantic/genai-prices ${version}`, unit: 'US dollars per million tokens' };
  const text = JSON.stringify({ ...head, providers });
  return `${text.replaceAll(/(\{"id":|"providers":|\{"hosts":)/g, '\n$1')}\n`;
}

if (import.meta.main) writeFileSync(resolve(import.meta.dirname, '../src/data/prices.json'), priceFile());
