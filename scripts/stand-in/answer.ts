/** One message of a conversation, its parts already joined to one text. */
export interface ChatMessage {
  readonly role: string;
  readonly text: string;
}

/** Words too common to say what a text is about. */
const common = new Set(
  'a an and are as at be but by can do for from have how i in is it me my of on or our so that the this to us we what which who with you your'.split(
    ' ',
  ),
);

/** The words that say what a text is about, in lower case, plural and singular as one. */
export function contentWords(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => !common.has(word)).map((word) => (word.length > 3 ? word.replace(/s$/, '') : word));
}

/**
 * Cuts a text into pieces of about a token: a word's first eight letters with the space before it, the rest of it, one
 * punctuation mark. Joined, the pieces are the text again, so they serve for streaming and for counting alike.
 */
export function pieces(text: string): string[] {
  return text.match(/\s*(?:[\p{L}\p{N}]{1,8}|[^\s\p{L}\p{N}])|\s+/gu) ?? [];
}

/** Tokens that a conversation costs: its pieces, and four per message for its frame, as in OpenAI's own counting recipe. */
export function countPromptTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { text }) => sum + pieces(text).length + 4, 3);
}

function shorten(text: string, characters: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= characters ? line : `${line.slice(0, characters - 1).trimEnd()}…`;
}

/** The lines of the given context that share most words with the question, best first; earlier lines win a tie. */
function fitting(context: readonly string[], question: string): string[] {
  const asked = new Set(contentWords(question));
  const rated = context.map((line, order) => {
    const shared = new Set(contentWords(line).filter((word) => asked.has(word))).size;
    return { line, order, shared };
  });
  return rated
    .filter(({ shared }) => shared > 0)
    .toSorted((a, b) => b.shared - a.shared || a.order - b.order)
    .slice(0, 2)
    .map(({ line }) => shorten(line.replace(/^[-*•]\s*/, ''), 160));
}

/**
 * What the stand-in answers: the lines of the context it was given that fit the last question. The same conversation
 * always gets the same answer.
 */
export function composeAnswer(messages: readonly ChatMessage[]): string {
  const question = messages.findLast(({ role }) => role === 'user')?.text ?? '';
  const context = messages
    .filter(({ role }) => role === 'system' || role === 'developer' || role === 'tool')
    .flatMap(({ text }) => text.split('\n').filter((line) => line.trim().length > 0));
  const found = fitting(context, question);
  const opening = question.trim() ? `You asked: “${shorten(question, 120)}”.` : 'You did not ask anything yet.';
  const middle =
    found.length > 0
      ? `This is what I would look at first: ${found.join('; ')}.`
      : 'Nothing in what I was given speaks about that, so I would ask a person in the shop.';
  return `${opening} ${middle} (I am a local stand-in for a language model: I quote, I do not think.)`;
}
