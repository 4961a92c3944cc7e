/** Whether the platform is fit for work. */
import { type TracingHealth, Trace, traceDatabaseQuery, tracingHealth } from '@/lib/tracing';
import { database } from './database.ts';

/** The state of the platform. */
export interface Health {
  readonly status: 'up' | 'down';
  readonly database: 'up' | 'down';
  readonly tracing: TracingHealth;
}

const PING = 'SELECT 1';

export class HealthService {
  /** Asks the database, and the tracing. Tracing that is down never makes the platform down. */
  @Trace('HealthService.check')
  async check(): Promise<Health> {
    const state = await this.ping();
    return { status: state, database: state, tracing: tracingHealth() };
  }

  private async ping(): Promise<'up' | 'down'> {
    try {
      await traceDatabaseQuery('SELECT', PING, () => database().pool.query(PING));
      return 'up';
    } catch (error) {
      console.error(`The database does not answer: ${error instanceof Error ? error.message : String(error)}`);
      return 'down';
    }
  }
}

export const health = new HealthService();
