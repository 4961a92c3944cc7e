/**
 * Reads a span as a call of a model, whichever names it uses: the three generations of `gen_ai.*` (attributes, events of
 * the span, log records), the AI SDK's `ai.*`, OpenInference, and the older `llm.*`. Every attribute is optional: what is
 * missing hides nothing else.
 */
import type { AiCall, JsonValue, Message } from '../wire.ts';
import { messageListOf, messagesOf, partsOf, toolCallOf } from './ai-messages.ts';
import { indexed, readOpenInferenceDocuments, readOpenInferenceMessages } from './ai-openinference.ts';
import { dialectOf, isInference, modelOf, operationOf, providerOf, usageOf } from './ai-usage.ts';
import { numberAt, objectOf, parsed, textAt, type Values, valuesOf } from './ai-values.ts';
import { durationNano, type Span, statusName } from './span.ts';

/** Something that happened during a call: an event of its span, or a log record that names the span. */
export interface AiEvent {
  readonly name: string;
  readonly timeUnixNano: bigint;
  readonly values: Values;
  readonly body?: JsonValue | undefined;
}

const MILLI_NANOS = 1e6;
const MILLIS = 1000;
const MESSAGE_EVENT = /^gen_ai\.(system|user|assistant|tool)\.message$/u;
const FIRST_TOKEN_EVENT = /first[-_.]?(?:token|chunk)/iu;

/** An event's own words: the body of a log record, or its attributes. */
function spoken(event: AiEvent): { readonly [key: string]: JsonValue } {
  return objectOf(parsed(event.body)) ?? Object.fromEntries([...event.values].map(([key, value]) => [key, value]));
}

function fromConvention(values: Values): readonly Message[] {
  return [
    ...partsOf(values.get('gen_ai.system_instructions'), 'system'),
    ...messageListOf(values.get('gen_ai.input.messages'), 'user'),
    ...messageListOf(values.get('gen_ai.output.messages'), 'assistant'),
  ];
}

function fromEvents(events: readonly AiEvent[]): readonly Message[] {
  return events.flatMap((event) => {
    const role = MESSAGE_EVENT.exec(event.name)?.[1];
    if (role !== undefined) return messagesOf(spoken(event), role);
    if (event.name === 'gen_ai.choice') return messagesOf(spoken(event), 'assistant');
    if (event.name === 'gen_ai.content.prompt') return messageListOf(event.values.get('gen_ai.prompt'), 'user');
    if (event.name === 'gen_ai.content.completion') {
      return messageListOf(event.values.get('gen_ai.completion'), 'assistant');
    }
    if (event.name !== 'gen_ai.client.inference.operation.details') return [];
    const said = fromConvention(event.values);
    return said.length > 0 ? said : fromConvention(new Map(Object.entries(spoken(event))));
  });
}

/** The first generation: `gen_ai.prompt` as JSON, or one attribute per message, as in `gen_ai.prompt.0.content`. */
function fromFirstGeneration(values: Values): readonly Message[] {
  const prompt = indexed(values, 'gen_ai.prompt').flatMap((each) => messagesOf(each, 'user'));
  const completion = indexed(values, 'gen_ai.completion').flatMap((each) => messagesOf(each, 'assistant'));
  return [
    ...messageListOf(values.get('gen_ai.prompt'), 'user'),
    ...prompt,
    ...messageListOf(values.get('gen_ai.completion'), 'assistant'),
    ...completion,
  ];
}

function fromAiSdk(values: Values): readonly Message[] {
  const calls = parsed(values.get('ai.response.toolCalls'));
  const toolCalls = Array.isArray(calls) ? calls.flatMap((each: JsonValue) => toolCallOf(each) ?? []) : [];
  const text = textAt(values, 'ai.response.text', 'ai.response.object', 'ai.result.text', 'ai.result.object');
  const asked =
    values.get('ai.prompt.messages') ?? values.get('ai.prompt') ?? values.get('ai.value') ?? values.get('ai.values');
  const answer: Message = {
    role: 'assistant',
    ...(text === undefined ? {} : { text }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
  };
  return [...messageListOf(asked, 'user'), ...(text === undefined && toolCalls.length === 0 ? [] : [answer])];
}

/** The older names: one prompt and one answer, as text or as messages. */
function fromOlderNames(values: Values): readonly Message[] {
  const asked = ['llm.request.messages', 'llm.request.prompt', 'llm.prompts', 'llm.prompt'].find((key) =>
    values.has(key),
  );
  const answered = ['llm.response.content', 'llm.response.text', 'llm.completions', 'llm.completion'].find((key) =>
    values.has(key),
  );
  return [
    ...messageListOf(asked === undefined ? undefined : values.get(asked), 'user'),
    ...messageListOf(answered === undefined ? undefined : values.get(answered), 'assistant'),
  ];
}

/** A tool that ran, as the call it answers. */
function fromTool(values: Values): readonly Message[] {
  const name = textAt(values, 'gen_ai.tool.name', 'ai.toolCall.name', 'tool.name') ?? '';
  const id = textAt(values, 'gen_ai.tool.call.id', 'ai.toolCall.id', 'tool_call.id');
  const given = firstOf(values, 'gen_ai.tool.call.arguments', 'ai.toolCall.args', 'tool.parameters', 'input.value');
  const result = firstOf(values, 'gen_ai.tool.call.result', 'ai.toolCall.result', 'output.value');
  const call = {
    ...(id === undefined ? {} : { id }),
    name,
    ...(given === undefined ? {} : { arguments: given }),
    ...(result === undefined ? {} : { result }),
  };
  return [{ role: 'assistant', toolCalls: [call] }];
}

function firstOf(values: Values, ...keys: readonly string[]): JsonValue | undefined {
  const key = keys.find((each) => values.has(each));
  return key === undefined ? undefined : parsed(values.get(key));
}

function readMessages(values: Values, events: readonly AiEvent[], operation: string): readonly Message[] {
  if (operation === 'execute_tool') return fromTool(values);
  // The first that says anything: senders that write two dialects say the same twice.
  const readers = [fromConvention, () => fromEvents(events), fromFirstGeneration, fromAiSdk, readOpenInferenceMessages];
  for (const read of [...readers, fromOlderNames]) {
    const messages = read(values);
    if (messages.length > 0) return messages;
  }
  const query = textAt(values, 'gen_ai.retrieval.query.text');
  return query === undefined ? [] : [{ role: 'user', text: query }];
}

function readDocuments(values: Values): AiCall['documents'] {
  const listed = parsed(values.get('gen_ai.retrieval.documents') ?? values.get('ai.ranking'));
  if (!Array.isArray(listed)) return readOpenInferenceDocuments(values);
  return listed.map((each: JsonValue) => {
    const document = new Map(Object.entries(objectOf(parsed(each)) ?? {}));
    const id = textAt(document, 'id', 'index');
    const text = textAt(document, 'content', 'text');
    const score = numberAt(document, 'score', 'relevanceScore');
    return { ...(id && { id }), ...(text && { text }), ...(score !== undefined && { score }) };
  });
}

function firstTokenMillis(span: Span, values: Values, events: readonly AiEvent[]): number | undefined {
  const seconds = numberAt(
    values,
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
  );
  if (seconds !== undefined) return seconds * MILLIS;
  const millis = numberAt(values, 'ai.response.msToFirstChunk', 'ai.stream.msToFirstChunk');
  if (millis !== undefined) return millis;
  const event = events.find((each) => FIRST_TOKEN_EVENT.test(each.name) && each.timeUnixNano >= span.startTimeUnixNano);
  return event === undefined ? undefined : Number(event.timeUnixNano - span.startTimeUnixNano) / MILLI_NANOS;
}

function failure(span: Span, values: Values): string | undefined {
  if (statusName(span) !== 'error') return undefined;
  const exception = span.events.find((event) => event.name === 'exception');
  const said = exception === undefined ? new Map<string, JsonValue>() : valuesOf(exception.attributes);
  return (
    [
      textAt(said, 'exception.type') ?? textAt(values, 'error.type'),
      textAt(said, 'exception.message') ?? span.status.message,
    ]
      .filter((part) => part !== undefined && part !== '')
      .join(': ') || 'failed'
  );
}

function finishReasons(values: Values, events: readonly AiEvent[]): readonly string[] | undefined {
  const said = parsed(
    values.get('gen_ai.response.finish_reasons') ??
      values.get('ai.response.finishReason') ??
      values.get('gen_ai.completion.0.finish_reason') ??
      values.get('llm.response.finish_reason'),
  );
  const listed = Array.isArray(said) ? said : said === undefined ? [] : [said];
  const chosen = events.filter(({ name }) => name === 'gen_ai.choice').map((event) => spoken(event)['finish_reason']);
  const reasons = (listed.length > 0 ? listed : chosen).filter((each) => typeof each === 'string' && each !== '');
  return reasons.length === 0 ? undefined : (reasons as string[]);
}

/** JSON that is nested deeper than the stack is somebody's attack, not a conversation. */
function safely(read: () => readonly Message[]): readonly Message[] {
  try {
    return read();
  } catch {
    return [{ role: 'system', text: '[messages that are nested too deeply to be shown]' }];
  }
}

/** Recorded content is text, or what a tool was given or gave; names of tools are not. */
function hasContent(message: Message): boolean {
  return (
    (message.text ?? '') !== '' ||
    (message.toolCalls ?? []).some((call) => call.arguments !== undefined || call.result !== undefined)
  );
}

/**
 * Reads one span as a call of a model, of a tool or of an agent.
 *
 * @param span any span
 * @param logs log records that name the span, by time
 * @returns the call with all its messages (a conversation leaves out those it has shown); undefined for other spans
 * @example
 * readAiCall(span)?.messages;
 */
export function readAiCall(span: Span, logs: readonly AiEvent[] = []): AiCall | undefined {
  const values = valuesOf(span.attributes);
  const dialect = dialectOf(values);
  if (dialect === undefined) return undefined;
  const own = span.events.map((event) => ({ ...event, values: valuesOf(event.attributes) }));
  const events: readonly AiEvent[] = [...own, ...logs];
  const operation = operationOf(values, dialect);
  const messages = safely(() => readMessages(values, events, operation));
  const documents = readDocuments(values);
  const optional = {
    provider: providerOf(values),
    model: modelOf(values),
    timeToFirstTokenMillis: firstTokenMillis(span, values, events),
    error: failure(span, values),
    finishReasons: finishReasons(values, events),
    user: textAt(values, 'user.id', 'enduser.id', 'ai.telemetry.metadata.userId', 'langfuse.user.id'),
    thread: textAt(
      values,
      'gen_ai.conversation.id',
      'session.id',
      'ai.telemetry.metadata.threadId',
      'ai.telemetry.metadata.sessionId',
      'ai.telemetry.metadata.conversationId',
      'ai.telemetry.metadata.chatId',
      'langfuse.session.id',
      'llm.conversation.id',
    ),
    documents,
  };
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    name: span.name,
    operation,
    startMillis: Number(span.startTimeUnixNano / 1000n) / MILLIS,
    durationMillis: Number(durationNano(span)) / MILLI_NANOS,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<AiCall>),
    ...(isInference(values, dialect) ? usageOf(values, span.startTimeUnixNano) : {}),
    dialect,
    messages,
    contentCaptured: messages.some(hasContent) || (documents ?? []).some(({ text }) => text !== undefined),
  };
}
