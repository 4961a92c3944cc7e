/** The page *AI*. */
export function AiPage() {
  return <h1>AI</h1>;
}
