/** The `throughline` command. */
import type { Output } from './options.ts';
import { type Input, runReplay } from './replay.ts';
import { runViewer } from './viewer.ts';

const HELP = `throughline: look at traces on this machine, without Docker

  throughline viewer [options]   receive OTLP/HTTP and show traces in the browser
  throughline replay [options]   send the lines of the simple tracer, from a log on the input, as OTLP/HTTP

Options of viewer:
  --port N        port of the page and the query API   (default 16686, Jaeger's own)
  --otlp-port N   port that takes OTLP/HTTP            (default 4318)
  --host NAME     address to listen on                 (default 127.0.0.1: this machine alone)
  --open          show the page in the browser
  --token T       token to read with                   (made and printed where --host is more than this machine)
  --admin-token T token to delete, import and set with (made and printed beside the other)
  --data DIR      folder of the store                  (default .throughline in the working folder)
  --memory        keep nothing on disk
  --forward URL   another collector that gets everything as well
  --forward-header N=V   header to send along; may be repeated
  --retention R   what is kept                         (default spans=1000000,bytes=2GB,age=7d; what is longest quiet leaves first)
  --max-spans N   spans kept, as --retention spans=N

Options of replay, which reads the variables of the tracing too (OTEL_EXPORTER_OTLP_ENDPOINT ...):
  --endpoint URL  collector to send to                 (default http://localhost:4318: the viewer)
  --header N=V    header to send along; may be repeated

  --help          this text
`;

/**
 * Runs the command.
 *
 * @param args what stands behind `throughline` on the command line
 * @param out where to write
 * @param errors where to say what is wrong
 * @param input where `replay` reads
 * @returns the exit code: 0; 1 when not every span of a log could be sent; 2 for a wrong command line or a port that cannot
 *   be had
 */
export async function runCommand(
  args: string[],
  out: Output,
  errors: Output,
  input: Input = process.stdin,
): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || args.includes('--help')) {
    out.write(HELP);
    return command === undefined ? 2 : 0;
  }
  try {
    if (command === 'replay') return await runReplay(rest, input, out, errors);
    if (command !== 'viewer') throw new Error(`there is no command "${command}"; see throughline --help`);
    await runViewer(rest, out, errors);
    return 0;
  } catch (error) {
    errors.write(`throughline: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}
