/**
 * A process that keeps one other program: starts it, ends it when told to, and ends it too when the one that asked for
 * it is gone, however it went. PostgreSQL and Next run under it, so that nothing survives a killed launcher.
 *
 *   node scripts/start/keeper.ts '<KeptProgram as JSON>'
 *
 * It is a session of its own: Ctrl-C in the terminal reaches the launcher alone, which then ends things in their order.
 */
import { spawn } from 'node:child_process';
import type { KeeperMessage, KeptProgram } from './kept.ts';

const program = JSON.parse(process.argv[2] ?? '{}') as KeptProgram;
const child = spawn(program.command, program.args, {
  cwd: program.cwd,
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(program.uid === undefined ? {} : { uid: program.uid, gid: program.gid ?? program.uid }),
});
let stopping = false;

function stop(): void {
  if (stopping) return;
  stopping = true;
  child.kill(program.stopSignal);
  setTimeout(() => child.kill(program.hardSignal), program.graceMs).unref();
  setTimeout(() => child.kill('SIGKILL'), program.graceMs + 3000).unref();
}

function tell(message: KeeperMessage): void {
  if (process.connected) process.send?.(message, () => {});
}

child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.on('spawn', () => tell({ pid: child.pid ?? 0 }));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
process.on('disconnect', stop);
process.on('message', (message) => {
  if (message === 'stop') stop();
  else if (message === 'kill') child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
