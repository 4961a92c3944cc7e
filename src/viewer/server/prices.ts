/** What a call of a model costs by the dated list in `src/data/prices.json`; a price that is not there is unknown. */
import table from '../../data/prices.json' with { type: 'json' };
import type { TokenUsage } from '../wire.ts';

type Match =
  | { readonly or: readonly Match[] }
  | { readonly and: readonly Match[] }
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string };
/** Dollars per million tokens; with steps, the price of every token of a call whose input is longer than that. */
type Price = number | readonly [base: number, ...steps: (readonly [above: number, price: number])[]];
interface Prices {
  /** Day from which they hold, `2026-08-11`. */
  readonly from?: string;
  /** Hours of a day in which they hold, `16:30:00Z`. */
  readonly hours?: readonly [start: string, end: string];
  readonly input: Price;
  readonly cacheRead?: Price;
  readonly cacheWrite?: Price;
  readonly output?: Price;
  readonly reasoning?: Price;
}
interface Model {
  readonly id: string;
  readonly match: Match;
  /** The last that holds is the one. */
  readonly prices: readonly Prices[];
}
interface Provider {
  /** Whose models it sells at their price. */
  readonly hosts: readonly string[];
  readonly models: readonly Model[];
}

const PROVIDERS = table.providers as unknown as Readonly<Record<string, Provider>>;
const DAY_SECONDS = 86_400;
const MILLION = 1_000_000;
/** How the conventions and SDKs call a provider: the start of its name, and the list's name. */
const NAMES: readonly (readonly [start: string, id: string])[] = [
  ['azure', 'azure'],
  ['az.ai', 'azure'],
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['gcp', 'google'],
  ['google', 'google'],
  ['vertex', 'google'],
  ['gemini', 'google'],
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['deepseek', 'deepseek'],
  ['x_ai', 'x-ai'],
  ['x-ai', 'x-ai'],
  ['xai', 'x-ai'],
  ['cohere', 'cohere'],
  ['perplexity', 'perplexity'],
  ['aws', 'aws'],
  ['amazon', 'aws'],
  ['bedrock', 'aws'],
  ['moonshot', 'moonshotai'],
];
/** The tiers whose price the list has. */
const LIST_PRICE_TIERS = ['', 'default', 'standard', 'auto'];

/** Day of the price list, `2026-09-23`. */
export const PRICES_OF: string = table.of;

/** What a call used, and where. */
export interface PricedCall {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly startMillis: number;
  readonly tokens: TokenUsage;
  /** Part of `tokens.input` that was written to the provider's cache. */
  readonly cacheWrite?: number | undefined;
  /** As the answer says it: `default`, `flex`, `priority` ... */
  readonly serviceTier?: string | undefined;
}

function matches(rule: Match, model: string): boolean {
  if ('or' in rule) return rule.or.some((each) => matches(each, model));
  if ('and' in rule) return rule.and.every((each) => matches(each, model));
  if ('equals' in rule) return model === rule.equals.toLowerCase();
  if ('starts_with' in rule) return model.startsWith(rule.starts_with.toLowerCase());
  if ('ends_with' in rule) return model.endsWith(rule.ends_with.toLowerCase());
  if ('contains' in rule) return model.includes(rule.contains.toLowerCase());
  return new RegExp(rule.regex, 'u').test(model);
}

function findModel(provider: Provider, model: string): Model | undefined {
  const own = provider.models.find((each) => matches(each.match, model));
  if (own !== undefined) return own;
  for (const host of provider.hosts) {
    const found = PROVIDERS[host]?.models.find((each) => matches(each.match, model));
    if (found !== undefined) return found;
  }
  return undefined;
}

function secondOfDay(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.replace('Z', '').split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}

function holds(prices: Prices, millis: number): boolean {
  if (prices.from !== undefined && millis < Date.parse(prices.from)) return false;
  if (prices.hours === undefined) return true;
  const [start, end] = [secondOfDay(prices.hours[0]), secondOfDay(prices.hours[1])];
  const second = (millis / 1000) % DAY_SECONDS;
  return start <= end ? second >= start && second < end : second >= start || second < end;
}

/** Prices with a first day hold one after the other, so the last that holds is in force; before all of them, the first. */
function pricesAt(model: Model, millis: number): Prices | undefined {
  return model.prices.findLast((each) => holds(each, millis)) ?? model.prices[0];
}

function perToken(price: Price, input: number): number {
  if (typeof price === 'number') return price / MILLION;
  const [base, ...steps] = price;
  return (steps.findLast(([above]) => input > above)?.[1] ?? base) / MILLION;
}

/**
 * The price of a call. Cached input and reasoning are parts of input and output, so each token is paid once, at the price
 * of its kind; a kind without a price of its own costs what input or output costs.
 *
 * @param call what was used, of whom, when
 * @returns dollars; undefined when the list does not say, as with an unknown model or a tier that is billed otherwise
 * @example
 * priceOf({ provider: 'openai', model: 'gpt-4o', startMillis: 0, tokens: { input: 1_000, output: 100 } }); // 0.0035
 */
export function priceOf(call: PricedCall): number | undefined {
  if (!LIST_PRICE_TIERS.includes(call.serviceTier ?? '')) return undefined;
  const name = call.provider?.toLowerCase() ?? '';
  const id = NAMES.find(([start]) => name.startsWith(start))?.[1];
  const provider = id === undefined ? undefined : PROVIDERS[id];
  if (provider === undefined || call.model === undefined) return undefined;
  const model = findModel(provider, call.model.toLowerCase());
  const prices = model === undefined ? undefined : pricesAt(model, call.startMillis);
  if (prices === undefined) return undefined;
  const { input, output, cachedInput = 0, reasoning = 0 } = call.tokens;
  const { cacheWrite = 0 } = call;
  if (output > 0 && prices.output === undefined) return undefined;
  const plainInput = Math.max(input - cachedInput - cacheWrite, 0);
  const plainOutput = Math.max(output - reasoning, 0);
  const outputPrice = prices.output ?? 0;
  return (
    plainInput * perToken(prices.input, input) +
    cachedInput * perToken(prices.cacheRead ?? prices.input, input) +
    cacheWrite * perToken(prices.cacheWrite ?? prices.input, input) +
    plainOutput * perToken(outputPrice, input) +
    Math.min(reasoning, output) * perToken(prices.reasoning ?? outputPrice, input)
  );
}
