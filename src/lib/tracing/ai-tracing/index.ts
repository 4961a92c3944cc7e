/** Generative AI and machine learning: chat, semantic caches, models. */
export { traceSemanticCache } from './cache.ts';
export { traceAIChatCompletion, type ChatDetails } from './chat.ts';
export { traceMLOperation, type MlDetails } from './ml.ts';
