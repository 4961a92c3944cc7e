/** Traces Prisma: single operations by hand, or a whole client by one line. */
import { SpanKind } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { argumentPaths, failureStatus } from '../semconv/database.ts';
import { ATTR } from '../semconv/names.ts';
import { withActiveSpan } from '../span.ts';
import { settleRows } from './rows.ts';

/** What Prisma hands a query extension. */
interface OperationCall {
  readonly model?: string;
  readonly operation: string;
  readonly args: unknown;
  readonly query: (args: unknown) => Promise<unknown>;
}

/** The part of a Prisma client that is needed. Every generated client has it. */
interface ExtendableClient {
  $extends(extension: object): unknown;
}

interface Transacting {
  readonly $transaction: (...args: unknown[]) => unknown;
}

/** Prisma's names of databases, where the conventions have others. */
const SYSTEMS: Readonly<Record<string, string>> = { sqlserver: 'microsoft.sql_server' };

/** The database behind a client: it keeps the name of its provider to itself, so this is a look, with a fallback. */
function systemOf(client: object): string {
  const provider: unknown = guarded('reading a provider', () => Reflect.get(client, '_activeProvider'));
  return typeof provider === 'string' ? (SYSTEMS[provider] ?? provider) : DEFAULT_SYSTEM;
}

const DEFAULT_SYSTEM = 'postgresql';

/**
 * Traces one Prisma operation. Of its arguments only the shape is recorded: `where.organizationId`, not its value.
 *
 * @param model such as `User`; `undefined` for raw queries
 * @param operation such as `findMany`
 * @param fn runs it; Prisma's lazy promise may be returned as it is, and stays lazy
 * @param args the arguments, for their shape
 * @param system the database, as the conventions name it. Default: `postgresql`
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const users = await tracePrismaOperation('User', 'findMany', () => prisma.user.findMany({ take: 1 }), { take: 1 });
 */
export function tracePrismaOperation<R>(
  model: string | undefined,
  operation: string,
  fn: () => R,
  args?: unknown,
  system = DEFAULT_SYSTEM,
): R {
  const paths = guarded('reading arguments', () => argumentPaths(args)) ?? [];
  return withActiveSpan(
    model === undefined ? operation : `${operation} ${model}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.DB_SYSTEM]: system,
        [ATTR.DB_OPERATION]: operation,
        ...(model === undefined ? {} : { [ATTR.DB_COLLECTION]: model }),
        ...(paths.length === 0 ? {} : { [ATTR.PRISMA_ARGUMENTS]: paths }),
      },
      describeFailure: failureStatus,
      settle: settleRows,
    },
    () => fn(),
  );
}

function traceTransaction(inner: Transacting, self: object, args: unknown[], system: string): unknown {
  const { isolationLevel } = (args[1] ?? {}) as { isolationLevel?: string };
  const run = inner.$transaction;
  return withActiveSpan(
    'TRANSACTION',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.DB_SYSTEM]: system,
        [ATTR.DB_OPERATION]: 'TRANSACTION',
        ...(isolationLevel === undefined ? {} : { [ATTR.DB_ISOLATION_LEVEL]: isolationLevel }),
      },
      describeFailure: failureStatus,
    },
    () => Reflect.apply(run, self, args),
  );
}

/**
 * Traces every operation of a Prisma client, transactions included: one span for each, those of a transaction under its
 * own. Prisma's promises stay lazy, and nothing of their arguments but the shape is recorded.
 *
 * @param client a Prisma client
 * @returns an extended client of the same type
 * @example
 * const prisma = tracePrismaClient(new PrismaClient({ adapter }));
 */
export function tracePrismaClient<C extends object>(client: C): C {
  const system = systemOf(client);
  const operations = (client as unknown as ExtendableClient).$extends({
    name: 'throughline',
    query: {
      // Prisma calls this when the promise is awaited, not when it is made.
      $allOperations: ({ model, operation, args, query }: OperationCall) =>
        tracePrismaOperation(model, operation, () => query(args), args, system),
    },
  }) as ExtendableClient;
  return operations.$extends({
    name: 'throughline transactions',
    client: {
      // On the client it is called on: what was added to that one later belongs into its transactions too.
      $transaction(this: object | undefined, ...args: unknown[]): unknown {
        return traceTransaction(operations as unknown as Transacting, this ?? operations, args, system);
      },
    },
  }) as C;
}
