/** What each worker does with one job. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PgBoss } from 'pg-boss';
import { traceAsync } from '../lib/tracing/index.ts';
import { logWithTrace, sendJob } from '../lib/tracing/messaging-tracing/index.ts';
import { configuredFormats, drawLandscape } from './landscape.ts';
import { encodePng } from './png.ts';
import type { FetchJob, LandscapeJob, QUEUES, WeatherReady } from './queues.ts';
import { weatherOf } from './weather.ts';

/** A worker: the queue it works on, and its work. */
export interface Worker {
  readonly queue: (typeof QUEUES)[number];
  readonly handle: (boss: PgBoss, data: never) => Promise<void>;
}

async function fetchWeather(boss: PgBoss, { zip_code }: FetchJob): Promise<void> {
  const worker = 'weather_fetcher';
  logWithTrace(`Fetching weather for ZIP ${zip_code}`, { zip_code, worker, action: 'fetch_weather' });
  const { source, weather } = await weatherOf(zip_code);
  logWithTrace(`Weather ready for ZIP ${zip_code}`, { zip_code, source, worker, action: 'weather_ready' });
  await sendJob(boss, 'weather-ready', { zip_code, weather } satisfies WeatherReady);
}

async function dispatchJobs(boss: PgBoss, { zip_code, weather }: WeatherReady): Promise<void> {
  const formats = configuredFormats();
  logWithTrace(`Dispatching ${formats.length} jobs for ZIP ${zip_code}`, {
    zip_code,
    formats,
    worker: 'job_dispatcher',
    action: 'dispatch_jobs',
  });
  for (const format_name of formats) {
    await sendJob(boss, 'landscape-jobs', { zip_code, weather, format_name } satisfies LandscapeJob);
  }
}

async function generateLandscape(_boss: PgBoss, { zip_code, weather, format_name }: LandscapeJob): Promise<void> {
  const fields = { zip_code, format_name, worker: 'landscape_generator' };
  logWithTrace(`Generating ${format_name} image for ZIP ${zip_code}`, { ...fields, action: 'generate_image' });
  if (!/^\d{5}$/.test(zip_code)) throw new Error('the job has no ZIP code'); // it names a file
  const folder = process.env['LANDSCAPES_DIR'] || '.throughline/landscapes';
  const file = join(folder, `${zip_code}-${format_name}.png`);
  const bytes = await traceAsync('draw landscape', async () =>
    encodePng(drawLandscape(zip_code, weather, format_name)),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(file, bytes);
  logWithTrace(`Successfully generated ${format_name} for ZIP ${zip_code}`, {
    ...fields,
    file,
    action: 'generation_complete',
  });
}

/** The workers by their names. */
export const WORKERS: Readonly<Record<string, Worker>> = {
  'weather-fetcher': { queue: 'fetch-jobs', handle: fetchWeather },
  'job-dispatcher': { queue: 'weather-ready', handle: dispatchJobs },
  'landscape-generator': { queue: 'landscape-jobs', handle: generateLandscape },
};
