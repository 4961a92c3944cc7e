/** Numbers for what is the same in many rows: senders, instrumentations and operations. */
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ResourceSpans,
  ResourceSpansSchema,
  type ScopeSpans,
  ScopeSpansSchema,
} from './proto/generated/opentelemetry/proto/trace/v1/trace_pb.js';
import type { SpanColumns } from './span-columns.ts';

/** Entries of a dictionary held in memory; beyond them it starts anew from the tables. */
const MAX_KNOWN = 20_000;

/** A group of spans or of log records, as far as it says who sent it. */
export type SentBy = Pick<ResourceSpans, 'resource' | 'schemaUrl'>;
/** The same of the instrumentation that made it. */
export type MadeBy = Pick<ScopeSpans, 'scope' | 'schemaUrl'>;

type Identify = (key: string, make: () => number) => number;

function createMemory(): Identify {
  const known = new Map<string, number>();
  return (key, make) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MAX_KNOWN) known.clear();
    const id = make();
    known.set(key, id);
    return id;
  };
}

function idOf(row: Record<string, unknown> | undefined): number {
  return Number(row?.['id']);
}

/**
 * Numbers what is the same in many spans and log records. Groups of logs are laid out as groups of spans are (fields 1 and
 * 3), so equal senders of both have one number.
 *
 * @param database opened for writing
 * @returns finds or makes the number of a sender, an instrumentation, an operation
 * @example
 * createDictionaries(database).resource({ schemaUrl: '' }, 'web'); // 1
 */
export function createDictionaries(database: DatabaseSync) {
  const insertResource = database.prepare(
    'INSERT INTO resources (service, hash, body) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET service = service RETURNING id',
  );
  const insertScope = database.prepare(
    'INSERT INTO scopes (hash, body) VALUES (?, ?) ON CONFLICT (hash) DO UPDATE SET hash = hash RETURNING id',
  );
  const insertOperation = database.prepare(
    'INSERT INTO operations (service, name, type, kind) VALUES (?, ?, ?, ?) ON CONFLICT (service, name, type, kind) DO UPDATE SET kind = kind RETURNING id',
  );
  const operations = createMemory();
  const stored = (insert: StatementSync, body: Uint8Array, ...first: string[]): number =>
    idOf(insert.get(...first, createHash('sha256').update(body).digest(), body));
  return {
    resource: (group: SentBy, service: string): number => {
      const { resource, schemaUrl } = group;
      const only = create(ResourceSpansSchema, { schemaUrl, ...(resource !== undefined && { resource }) });
      return stored(insertResource, toBinary(ResourceSpansSchema, only), service);
    },
    scope: ({ scope, schemaUrl }: MadeBy): number =>
      stored(
        insertScope,
        toBinary(ScopeSpansSchema, create(ScopeSpansSchema, { schemaUrl, ...(scope !== undefined && { scope }) })),
      ),
    operation: (service: string, { name, type, kind }: SpanColumns): number =>
      operations(`${type} ${kind} ${service.length} ${service} ${name}`, () =>
        idOf(insertOperation.get(service, name, type, kind)),
      ),
  };
}
