/**
 * Sends what is left when the process is told to stop. Next answers SIGTERM and SIGINT itself: it lets requests finish and
 * then calls `process.exit`, about 5 ms after which every waiting span is gone (measured on Next 16.4). So the exit
 * is held, within a bound, until the last batch is out; its code stays Next's.
 */
import { diag } from '@opentelemetry/api';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The longest that the end of the process is held up, in milliseconds. */
export const EXIT_HOLD_MILLIS = 3000;

/** What of the process is needed, so that a test can stand in for it. */
export interface ExitingProcess {
  exit(code?: number | string | null): never;
  exitCode?: number | string | null | undefined;
  readonly pid: number;
  kill(pid: number, signal: NodeJS.Signals): boolean;
  prependListener(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  listenerCount(signal: NodeJS.Signals): number;
}

function withinBound(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, EXIT_HOLD_MILLIS);
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(finish, (error: unknown) => {
      diag.error('throughline: the last spans could not be sent', error);
      finish();
    });
  });
}

/**
 * Holds the exit that follows a signal until everything is sent, at most 3 seconds.
 *
 * @param target the process
 * @param flush sends what is left
 * @returns takes the listeners away again
 */
export function flushOnSignals(target: ExitingProcess, flush: () => Promise<void>): () => void {
  let holding = false;

  const hold = (): void => {
    if (holding) return;
    holding = true;
    const exit = target.exit.bind(target);
    let leaving = false;
    target.exit = ((code?: number | string | null) => {
      // Whoever calls `exit` a second time does not want to wait.
      if (leaving) exit(code);
      leaving = true;
      target.exitCode = code ?? target.exitCode;
      void withinBound(flush()).then(() => exit(code));
    }) as ExitingProcess['exit'];
  };

  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => {
      hold();
      if (target.listenerCount(signal) > 1) return; // somebody else ends the process, and the exit is held
      void withinBound(flush()).then(() => {
        stop();
        target.kill(target.pid, signal); // nobody does: the signal keeps its usual meaning
      });
    };
    // First of all: a `once` of the application is gone by the time a later listener looks for it.
    target.prependListener(signal, listener);
    return [signal, listener] as const;
  });

  function stop(): void {
    for (const [signal, listener] of listeners) target.off(signal, listener);
  }
  return stop;
}
