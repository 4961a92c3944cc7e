/** The three queues, in the PostgreSQL that is there anyway. */
import { PgBoss } from 'pg-boss';

/** The queues, in the order in which a request goes through them. */
export const QUEUES = ['fetch-jobs', 'weather-ready', 'landscape-jobs'] as const;

/** What each of them holds. */
export interface FetchJob {
  readonly zip_code: string;
  readonly scheduled_at: string;
}
export interface WeatherReady {
  readonly zip_code: string;
  readonly weather: Weather;
}
export interface LandscapeJob extends WeatherReady {
  readonly format_name: string;
}

/** What is known of the weather of one place. */
export interface Weather {
  readonly celsius: number;
  /** From 0 to 1. */
  readonly clouds: number;
  readonly rain_mm: number;
}

/**
 * Connects to the queues, and makes those that are not there yet.
 *
 * @param isWorker a worker also looks after jobs that were begun and never ended
 * @throws when DATABASE_URL is not set or the database does not answer
 */
export async function openQueues(isWorker: boolean): Promise<PgBoss> {
  const connectionString = process.env['DATABASE_URL'];
  if (!connectionString) throw new Error('DATABASE_URL is not set: give the address of the database');
  const boss = new PgBoss({
    connectionString,
    application_name: 'landscapes',
    max: 3,
    supervise: isWorker,
    schedule: false,
    // Ours is on: two would trace each job twice.
    openTelemetry: { enabled: false },
  });
  boss.on('error', (error) => console.warn(`The queues: ${error.message}`));
  await boss.start();
  for (const queue of QUEUES) await boss.createQueue(queue, { retryLimit: 2, retryDelay: 1, expireInSeconds: 60 });
  return boss;
}
