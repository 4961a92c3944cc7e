/**
 * Baggage per request. OpenTelemetry's baggage is immutable and travels in the context; `set` needs something it can
 * write to, so whoever opens a unit of work (a request, a message, `baggage.run`) puts a fresh box into the context.
 */
import { type Baggage, type Context, context, createContextKey, propagation } from '@opentelemetry/api';
import { sayOnce } from '../guard.ts';

const BOX = createContextKey('throughline.baggage');

// W3C Baggage, section 3.3.2 (limits): 64 members and 8,192 bytes are what every platform must carry on.
const MEMBER_LIMIT = 64;
const TOTAL_BYTES_LIMIT = 8192;
// What is longer, OpenTelemetry's propagator leaves out without a word (`BAGGAGE_MAX_PER_NAME_VALUE_PAIRS`).
const PAIR_BYTES_LIMIT = 4096;
const KEY = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/;

/** What was set in one unit of work; a key that was removed maps to `undefined`. */
type Box = Map<string, string | undefined>;

function boxOf(from: Context): Box | undefined {
  return from.getValue(BOX) as Box | undefined;
}

/**
 * Adds a fresh, empty box to a context, so that `baggage.set` works in it and is seen by nobody else.
 *
 * @param from the context of the new unit of work
 * @returns a context in which `baggage.set` writes
 */
export function withBaggageBox(from: Context): Context {
  return from.setValue(BOX, new Map());
}

/**
 * Makes sure that a context has a box: the one it has, or a fresh one. For whoever goes on with a unit of work that
 * somebody else may have opened.
 *
 * @param from the context of the unit of work
 * @param opened a context in which the unit of work was opened, whose box is taken first
 * @returns a context in which `baggage.set` writes
 */
export function keepBaggageBox(from: Context, opened: Context = from): Context {
  const box = boxOf(opened);
  return box === undefined ? withBaggageBox(from) : from.setValue(BOX, box);
}

/**
 * The baggage of a context as OpenTelemetry has it: what came in, overlaid with what was set here.
 *
 * @param from the context to read
 * @returns the baggage, or `undefined` when there is none
 */
export function effectiveBaggage(from: Context): Baggage | undefined {
  const incoming = propagation.getBaggage(from);
  const box = boxOf(from);
  if (box === undefined || box.size === 0) return incoming;
  let merged = incoming ?? propagation.createBaggage();
  for (const [key, value] of box) {
    merged = value === undefined ? merged.removeEntry(key) : merged.setEntry(key, { value });
  }
  return merged;
}

function sizeInBytes(entries: Iterable<readonly [string, string]>): number {
  let bytes = 0;
  for (const [key, value] of entries) bytes += key.length + encodeURIComponent(value).length + 2;
  return bytes;
}

function isAcceptable(key: string, value: string): boolean {
  if (!KEY.test(key)) {
    sayOnce('warn', 'baggage.set got a key that is no W3C token; nothing was set');
    return false;
  }
  try {
    if (sizeInBytes([[key, value]]) - 1 > PAIR_BYTES_LIMIT) {
      sayOnce('warn', `baggage.set got a member of more than ${PAIR_BYTES_LIMIT} bytes; nothing was set`);
      return false;
    }
    const all = new Map(Object.entries(getAll()));
    all.set(key, value);
    if (all.size <= MEMBER_LIMIT && sizeInBytes(all) <= TOTAL_BYTES_LIMIT) return true;
    sayOnce('warn', `baggage is full (${MEMBER_LIMIT} members, ${TOTAL_BYTES_LIMIT} bytes); nothing was set`);
  } catch {
    sayOnce('warn', 'baggage.set got a value that is no valid text; nothing was set');
  }
  return false;
}

function set(key: string, value: string): void {
  const box = boxOf(context.active());
  if (box === undefined) {
    sayOnce('warn', 'baggage.set outside a traced request does nothing; wrap the route or use baggage.run');
    return;
  }
  if (typeof key !== 'string' || typeof value !== 'string') {
    sayOnce('warn', 'baggage.set takes two strings; nothing was set');
    return;
  }
  if (isAcceptable(key, value)) box.set(key, value);
}

function get(key: string): string | undefined {
  const active = context.active();
  const box = boxOf(active);
  if (box?.has(key)) return box.get(key);
  return propagation.getBaggage(active)?.getEntry(key)?.value;
}

function getAll(): Record<string, string> {
  const entries = effectiveBaggage(context.active())?.getAllEntries() ?? [];
  return Object.fromEntries(entries.map(([key, entry]) => [key, entry.value]));
}

function remove(key: string): void {
  boxOf(context.active())?.set(key, undefined);
}

function run<R>(fn: () => R): R {
  return context.with(withBaggageBox(context.active()), fn);
}

/** Reads and writes the baggage of the current request. */
export interface BaggageOfRequest {
  /** Sets one member. Outside a traced unit of work, or when the baggage is full, nothing is set and it is said once. */
  set(key: string, value: string): void;
  /** The value of one member, `undefined` when it is not there. */
  get(key: string): string | undefined;
  /** Every member, what came in and what was set. */
  getAll(): Record<string, string>;
  /** Takes one member out. */
  remove(key: string): void;
  /** Runs `fn` as a unit of work of its own: what it sets, nobody else sees. Returns what `fn` returned. */
  run<R>(fn: () => R): R;
}

/**
 * The baggage of the current request: per request, never shared between two. It leaves the process only to targets on
 * the allow-list (`baggage.targets` in the options; loopback by default).
 *
 * @returns `get` the value, `getAll` a new record; no method throws
 * @example
 * baggage.run(() => {
 *   baggage.set('tenant.id', 'tenant-456');
 *   return baggage.get('tenant.id'); // 'tenant-456'
 * });
 */
export const baggage: BaggageOfRequest = Object.freeze({ set, get, getAll, remove, run });
