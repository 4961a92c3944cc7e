/**
 * A turn of a conversation as a backend writes it that can only log, such as Convex. Each span is one line on the output.
 * Run: node examples/constrained.ts, or send the lines on: node examples/constrained.ts | node src/cli/throughline.ts replay
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SimpleSpan, createTracer } from '../src/lib/tracing/simple/index.ts';

// In Convex AsyncLocalStorage is a global, and `traceChatTurn` and `traceLLMCall` can be imported as they are.
const { traceChatTurn, traceLLMCall } = createTracer({
  attributes: { 'service.name': 'ai-storefront', 'service.version': '1.0.0' },
  storage: new AsyncLocalStorage<SimpleSpan>(),
});

await traceChatTurn('continue_thread', { userId: 'u-1', threadId: 't-1', turnId: 't-1-1' }, async () =>
  traceLLMCall(
    'openai.chat.completions.create',
    { model: 'gpt-4o-mini', provider: 'openai', temperature: 0.7, prompt: 'What does a lamp cost?', userId: 'u-1' },
    async (span) => {
      // A model would be asked here, and take its time.
      await sleep(120);
      span.setAttributes({ 'llm.usage.prompt_tokens': 159, 'llm.usage.completion_tokens': 237 });
      return 'A lamp costs 7 euros.';
    },
  ),
);
