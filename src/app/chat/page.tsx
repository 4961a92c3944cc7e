import type { Metadata } from 'next';
import { connection } from 'next/server';
import { viewerUrl } from '../viewer-url.ts';
import { Conversation } from './conversation.tsx';

export const metadata: Metadata = { title: 'Ask' };

/** Questions to the assistant. */
export default async function ChatPage() {
  await connection();
  return (
    <>
      <section className="heading">
        <h1>Ask the assistant</h1>
        <p className="quiet">It looks at products, orders and the carrier’s price before it answers.</p>
      </section>
      <Conversation viewer={viewerUrl()} />
    </>
  );
}
