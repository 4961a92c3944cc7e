/** Answers shoppers' questions, with what the shop knows. */
import { Trace } from '@/lib/tracing';
import { traceAIChatCompletion, traceMLOperation, traceSemanticCache } from '@/lib/tracing/ai-tracing';
import { AnswerCache } from './answer-cache.ts';
import { carts } from './cart.ts';
import { modelClient, modelName } from './model.ts';
import { orders } from './orders.ts';
import { type Product, products } from './products.ts';
import { type Quote, shipping } from './shipping.ts';
import { tellingWords } from './words.ts';

/** A shopper's question, and who asks. */
export interface Question {
  readonly text: string;
  readonly cartId?: string | undefined;
  readonly userId?: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

const country = 'PT';
const shownProducts = 5;
const answerTokens = 300;

const instructions =
  'You help in a small outdoor shop. Answer in at most three sentences, plainly, from these facts alone:';

/** The products that share most words with a question, best first. */
function rank(found: readonly Product[], words: readonly string[]): Product[] {
  const score = ({ name, description }: Product): number => {
    const text = `${name} ${name} ${description}`.toLowerCase();
    return words.reduce((sum, word) => sum + text.split(word).length - 1, 0);
  };
  return found.toSorted((a, b) => score(b) - score(a)).slice(0, shownProducts);
}

function describe(product: Product, sold: number): string {
  const price = (product.priceCents / 100).toFixed(2);
  const stock = product.stock > 0 ? `${product.stock} in stock` : 'sold out';
  return `- ${product.name}: ${product.description} ${price} ${product.currency}, ${product.weightGrams} g, ${stock}${sold > 0 ? `, bought ${sold} times` : ''}`;
}

function describeShipping(quote: Quote | undefined): string {
  if (!quote) return '- Shipping: the carrier gives no price at the moment.';
  const price = (quote.priceCents / 100).toFixed(2);
  return `- Shipping to ${country}: ${price} ${quote.currency} with ${quote.carrier}, in ${quote.days} days.`;
}

export class AssistantService {
  readonly #cache = new AnswerCache();

  /**
   * Answers a question, piece by piece as the model writes.
   *
   * @throws ShopError 503 when there is no model to ask; whatever the model's client throws
   */
  @Trace('AssistantService.answer')
  async *answer(question: Question): AsyncGenerator<string, void> {
    const weightInCart = question.cartId === undefined ? 0 : (await carts.find(question.cartId)).weightGrams;
    const key = this.#cache.keyFor(question.text, weightInCart);
    const known = await traceSemanticCache('lookup', key, async () => this.#cache.get(key));
    if (known !== undefined) {
      yield known;
      return;
    }
    const facts = await this.gatherFacts(question.text, weightInCart);
    let answer = '';
    for await (const piece of this.ask(facts, question)) {
      answer += piece;
      yield piece;
    }
    // Half an answer is not worth keeping.
    if (question.signal.aborted || answer === '') return;
    await traceSemanticCache('store', key, async () => this.#cache.set(key, answer));
  }

  /** What the shop knows about a question: products, how often they were bought, what shipping costs. */
  @Trace('AssistantService.gatherFacts')
  async gatherFacts(text: string, weightInCart: number): Promise<string> {
    const words = tellingWords(text);
    const found = await products.search(words, 'any');
    const fitting = await traceMLOperation('rank', 'word-overlap', async () => rank(found, words), {
      candidates: found.length,
    });
    const sold = await orders.countSold(fitting.map(({ id }) => id));
    const weightGrams = weightInCart || fitting[0]?.weightGrams;
    const quote = weightGrams === undefined ? undefined : await shipping.quote(weightGrams, country);
    return [...fitting.map((product) => describe(product, sold.get(product.id) ?? 0)), describeShipping(quote)].join(
      '\n',
    );
  }

  private async *ask(facts: string, { text, userId, signal }: Question): AsyncGenerator<string, void> {
    const client = modelClient();
    const model = modelName();
    const stream = await traceAIChatCompletion(
      'openai',
      model,
      () =>
        client.chat.completions.create(
          {
            model,
            messages: [
              { role: 'system', content: `${instructions}\n${facts}` },
              { role: 'user', content: text },
            ],
            max_completion_tokens: answerTokens,
            stream: true,
            stream_options: { include_usage: true },
          },
          { signal },
        ),
      { messages: 2, maxTokens: answerTokens, ...(userId === undefined ? {} : { userId }) },
    );
    for await (const chunk of stream) {
      // The last chunk carries the usage, and no choice.
      const piece = chunk.choices[0]?.delta.content;
      if (piece) yield piece;
    }
  }
}

export const assistant = new AssistantService();
