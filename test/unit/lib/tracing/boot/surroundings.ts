/** What a boot meets: variables, a console, and SDK parts that fail. */
import { DiagConsoleLogger, diag } from '@opentelemetry/api';

/** Sets variables until the function it returns is called. */
export function setEnvironment(values: Readonly<Record<string, string | undefined>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(values)) set(name, value);
  return () => {
    for (const [name, value] of before) set(name, value);
  };
}

/**
 * What a boot prints from now on: level and first line of each message that passes the level it sets. The API's console
 * logger keeps the console of its own first moment, so that one is replaced.
 */
export function listenToConsole(): string[] {
  const printed: string[] = [];
  const setLogger = diag.setLogger.bind(diag);
  const at = (level: string) => (message: string) => void printed.push(`${level}: ${firstLine(message)}`);
  jest.spyOn(diag, 'setLogger').mockImplementation((logger, options) => {
    if (!(logger instanceof DiagConsoleLogger)) throw new Error('a boot prints to the console');
    return setLogger(
      { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), verbose: at('verbose') },
      options as Parameters<typeof diag.setLogger>[1] & object,
    );
  });
  return printed;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

/** What is said through `diag` from now on, as warnings and errors. */
export function listenToDiag(): string[] {
  const said: string[] = [];
  const say = (message: string): void => void said.push(firstLine(message));
  diag.setLogger(
    { error: say, warn: say, info: () => {}, debug: () => {}, verbose: () => {} },
    { suppressOverrideMessage: true },
  );
  return said;
}
