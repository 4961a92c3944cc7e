/** Where the page starts. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { applyTheme, readTheme } from './theme.ts';
import { router } from './router.tsx';

applyTheme(readTheme());
const queries = new QueryClient({
  // What is on the screen is refreshed by what the server pushes, not by the clock or the window's focus.
  defaultOptions: { queries: { retry: 1, refetchOnWindowFocus: false, staleTime: 5_000 } },
});
const place = document.querySelector('#page');
if (place !== null) {
  createRoot(place).render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}
