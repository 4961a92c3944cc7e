import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../launch/fault.mjs';
import { lastLines, startScript, type Kept } from './kept.ts';

/** The viewer, seen from the launcher. */
export interface ViewerProcess extends Kept {
  readonly log: string;
}

const readyMs = 20_000;

/** Ends this process in order when it is told to, or when the one that started it is gone. */
export function endWithParent(close: () => Promise<void>): void {
  const end = () => {
    void close().finally(() => process.exit(0));
    setTimeout(() => process.exit(0), 3000).unref();
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
}

/**
 * Starts the viewer and waits until both of its ports are open.
 *
 * @throws {Fault} with the end of its output when it does not come up
 */
export async function startViewerProcess(root: string, ports: { otlp: number; query: number }): Promise<ViewerProcess> {
  const log = join(root, '.throughline', 'logs', 'viewer.log');
  rmSync(log, { force: true });
  const env = {
    ...process.env,
    THROUGHLINE_OTLP_PORT: String(ports.otlp),
    THROUGHLINE_VIEWER_PORT: String(ports.query),
  };
  const viewer = startScript(root, join(root, 'scripts', 'start', 'viewer.ts'), env, log);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), readyMs);
  });
  const outcome = await Promise.race([viewer.firstMessage.then(() => 'open' as const), viewer.exited, late]);
  clearTimeout(timer);
  if (outcome === 'open') return { ...viewer, log };
  viewer.kill();
  throw new Fault('The trace viewer did not start: see its last lines above.', lastLines(log));
}
