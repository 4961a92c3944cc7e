/** The page *Map*. */
export function MapPage() {
  return <h1>Map</h1>;
}
