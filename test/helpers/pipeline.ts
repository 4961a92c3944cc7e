/** The reference pipeline's three workers, each a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pipelineWorkers } from '../../scripts/start/pipeline.ts';
import { printed } from './platform.ts';

export interface Pipeline {
  /** What the workers have printed so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Environment variables of the workers, on top of this process's. */
export interface PipelineEnvironment {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string;
  /** Where the pictures go. */
  readonly LANDSCAPES_DIR: string;
  readonly [variable: string]: string;
}

/** Starts the workers and waits until each works on its queue. */
export async function startPipeline(env: PipelineEnvironment): Promise<Pipeline> {
  let output = '';
  const workers = pipelineWorkers.map((name): ChildProcess => {
    const worker = spawn(process.execPath, ['--no-warnings', join(process.cwd(), 'src/pipeline/main.ts'), name], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, OTEL_SERVICE_NAME: name, OTEL_BSP_SCHEDULE_DELAY: '50', ...env },
    });
    worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return worker;
  });
  const stop = async (): Promise<void> => {
    await Promise.all(
      workers.map(async (worker) => {
        if (worker.exitCode !== null || worker.signalCode !== null) return;
        worker.kill('SIGTERM');
        await once(worker, 'exit');
      }),
    );
  };
  await Promise.all(workers.map((worker) => printed(worker, ' works on '))).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { output: () => output, stop };
}
