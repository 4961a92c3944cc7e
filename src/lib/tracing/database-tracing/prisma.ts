/** Traces Prisma: single operations by hand, or a whole client by one line. */
import { SpanKind } from '@opentelemetry/api';
import { guarded } from '../guard.ts';
import { argumentPaths, failureStatus, returnedRows } from '../semconv/database.ts';
import { ATTR } from '../semconv/names.ts';
import { withActiveSpan } from '../span.ts';

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

/**
 * Traces one Prisma operation. Of its arguments only the shape is recorded: `where.organizationId`, not its value.
 *
 * @param model such as `User`; `undefined` for raw queries
 * @param operation such as `findMany`
 * @param fn runs it; Prisma's lazy promise may be returned as it is, and stays lazy
 * @param args the arguments, for their shape
 * @returns what `fn` returned
 * @throws whatever `fn` throws, unchanged
 * @example
 * const users = await tracePrismaOperation('User', 'findMany', () => prisma.user.findMany({ take: 1 }), { take: 1 });
 */
export function tracePrismaOperation<R>(model: string | undefined, operation: string, fn: () => R, args?: unknown): R {
  const paths = guarded('reading arguments', () => argumentPaths(args)) ?? [];
  return withActiveSpan(
    model === undefined ? operation : `${operation} ${model}`,
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.DB_SYSTEM]: 'postgresql',
        [ATTR.DB_OPERATION]: operation,
        ...(model === undefined ? {} : { [ATTR.DB_COLLECTION]: model }),
        ...(paths.length === 0 ? {} : { [ATTR.PRISMA_ARGUMENTS]: paths }),
      },
      describeFailure: failureStatus,
      settle: (value, open) => {
        const rows = returnedRows(value);
        if (rows !== undefined) open.span.setAttribute(ATTR.DB_RETURNED_ROWS, rows);
        return { value, later: false };
      },
    },
    () => fn(),
  );
}

function traceTransaction(inner: Record<string, unknown>, args: unknown[]): unknown {
  const { isolationLevel } = (args[1] ?? {}) as { isolationLevel?: string };
  const run = inner['$transaction'] as (...args: unknown[]) => unknown;
  return withActiveSpan(
    'TRANSACTION',
    {
      kind: SpanKind.CLIENT,
      attributes: {
        [ATTR.DB_SYSTEM]: 'postgresql',
        [ATTR.DB_OPERATION]: 'TRANSACTION',
        ...(isolationLevel === undefined ? {} : { [ATTR.DB_ISOLATION_LEVEL]: isolationLevel }),
      },
      describeFailure: failureStatus,
    },
    () => Reflect.apply(run, inner, args),
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
  const operations = (client as unknown as ExtendableClient).$extends({
    name: 'throughline',
    query: {
      // Prisma calls this when the promise is awaited, not when it is made.
      $allOperations: ({ model, operation, args, query }: OperationCall) =>
        tracePrismaOperation(model, operation, () => query(args), args),
    },
  }) as ExtendableClient;
  return operations.$extends({
    name: 'throughline transactions',
    client: {
      $transaction: (...args: unknown[]) => traceTransaction(operations as unknown as Record<string, unknown>, args),
    },
  }) as C;
}
