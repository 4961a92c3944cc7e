import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { keep, quietNode, type Kept } from './kept.ts';
import type { Environment } from '../launch/environment.mjs';

/** The workers of the pipeline, in the order of their queues. */
export const pipelineWorkers = ['weather-fetcher', 'job-dispatcher', 'landscape-generator'] as const;

/** A worker that runs. */
export interface PipelineWorker extends Kept {
  readonly name: string;
  /** Where its lines go. */
  readonly log: string;
}

/** The job at hand is finished and the last spans are sent: bounded, so that Ctrl-C is. */
const stopMs = 8000;

/**
 * Starts each worker as a process of its own. Nobody waits for them: jobs wait in their queues.
 *
 * @param env what they read
 */
export function startPipeline(root: string, env: Environment): PipelineWorker[] {
  return pipelineWorkers.map((name) => {
    const log = join(root, '.throughline', 'logs', `${name}.log`);
    rmSync(log, { force: true });
    const program = {
      command: process.execPath,
      args: [quietNode, join(root, 'src', 'pipeline', 'main.ts'), name],
      cwd: root,
      stopSignal: 'SIGTERM',
      graceMs: stopMs,
      hardSignal: 'SIGKILL',
    } as const;
    return Object.assign(keep(root, program, { ...env, OTEL_SERVICE_NAME: name }, log), { name, log });
  });
}
