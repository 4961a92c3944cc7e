/** The weather of a place: of a service, or of a stand-in that says so. */
import { z } from 'zod';
import { traceFetch } from '../lib/tracing/index.ts';
import type { Weather } from './queues.ts';

const answer = z.object({
  celsius: z.number().min(-90).max(60),
  clouds: z.number().min(0).max(1),
  rain_mm: z.number().min(0),
});

/** Where the weather came from, and the weather. */
export interface Report {
  readonly source: 'service' | 'stand-in';
  readonly weather: Weather;
}

/** Made up from the ZIP code: the same place has the same weather, each time. */
function standIn(zip: string): Weather {
  const seed = Number(zip);
  const clouds = ((seed * 7919) % 101) / 100;
  return { celsius: ((seed * 104_729) % 46) - 8, clouds, rain_mm: clouds > 0.6 ? (seed * 31) % 9 : 0 };
}

/**
 * Asks for the weather of a place: `GET {WEATHER_API_URL}?zip=78729`, which answers `{ celsius, clouds, rain_mm }`.
 * Without WEATHER_API_URL a stand-in makes it up.
 *
 * @throws Error when the service does not answer with the weather; the job is tried again
 */
export async function weatherOf(zip: string): Promise<Report> {
  const service = process.env['WEATHER_API_URL'];
  if (!service) return { source: 'stand-in', weather: standIn(zip) };
  const url = new URL(service);
  url.searchParams.set('zip', zip);
  const response = await traceFetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the weather service answered ${response.status}`);
  return { source: 'service', weather: answer.parse(await response.json()) };
}
