/** A viewer that was sent spans over OTLP, to be asked over HTTP. */
import { type Span, startViewer, toOtlpTraces, type Viewer } from '../../../src/viewer/server/index.ts';
import { attributesOf, type Plain } from './ai-samples.ts';
import { postJson, send, withViewer } from './http-client.ts';
import { EPOCH, MILLI, resourceOf, sampleSpan } from './sample-span.ts';

/** 2026-01-01T00:00:00Z, in Unix milliseconds. */
export const START = Number(EPOCH / MILLI);
export const INTERNAL = 1;
export const SERVER = 2;
export const CLIENT = 3;
export const PRODUCER = 4;
export const CONSUMER = 5;

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
export const traceIdOf = (number: number): string => hex(number, 32);
export const spanIdOf = (number: number): string => hex(number, 16);

/** A span in few words. */
export interface Told {
  readonly trace: number;
  readonly span: number;
  readonly parent?: number;
  readonly name: string;
  /** Milliseconds after START, and how long. */
  readonly at: number;
  readonly takes: number;
  /** `web` by default. */
  readonly service?: string;
  /** INTERNAL by default. */
  readonly kind?: number;
  readonly failed?: true;
  readonly attributes?: { readonly [key: string]: Plain };
}

function spanOf({ trace, span, parent, name, at, takes, service = 'web', kind = INTERNAL, ...more }: Told): Span {
  const startTimeUnixNano = EPOCH + BigInt(Math.round(at * 1e6));
  return sampleSpan({
    traceId: traceIdOf(trace),
    spanId: spanIdOf(span),
    parentSpanId: parent === undefined ? '' : spanIdOf(parent),
    name,
    kind,
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + BigInt(Math.round(takes * 1e6)),
    attributes: attributesOf(more.attributes ?? {}),
    status: more.failed === true ? { code: 2, message: '' } : { code: 0, message: '' },
    resource: resourceOf(service),
  });
}

/** A viewer to send to and to ask. */
export interface AskedViewer {
  /** Sends spans as one request. */
  readonly tell: (spans: readonly Told[]) => Promise<void>;
  /** Asks under `/api/viewer/`. @throws what the viewer refused with */
  readonly ask: <Answer>(path: string) => Promise<Answer>;
}

function askedViewer(viewer: Viewer): AskedViewer {
  return {
    async tell(told) {
      const { status, body } = await postJson(viewer, JSON.stringify(toOtlpTraces(told.map(spanOf))));
      if (`${status} ${body.toString()}` !== '200 {}') throw new Error(body.toString());
    },
    async ask<Answer>(path: string) {
      const { status, body } = await send(`${viewer.queryUrl}/api/viewer/${path}`, 'GET');
      if (status !== 200) throw new Error(`${status} ${body.toString()}`);
      return JSON.parse(body.toString()) as Answer;
    },
  };
}

/** Runs a test against a viewer of its own, on free ports, that was sent these spans. */
export async function withSpans(spans: readonly Told[], run: (viewer: AskedViewer) => Promise<void>): Promise<void> {
  await withViewer(async (viewer) => {
    const asked = askedViewer(viewer);
    await asked.tell(spans);
    await run(asked);
  });
}

/** One viewer for all tests of a file that only ask: it was sent these spans. */
export function viewerOf(spans: readonly Told[]): Pick<AskedViewer, 'ask'> {
  let viewer: Viewer;
  beforeAll(async () => {
    viewer = await startViewer({ otlpPort: 0, queryPort: 0 });
    await askedViewer(viewer).tell(spans);
  });
  afterAll(() => viewer.close());
  return { ask: (path) => askedViewer(viewer).ask(path) };
}
