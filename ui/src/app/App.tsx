import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiError } from '../api/client';
import { startFeed } from '../api/feed';
import { SessionProvider, useSessionQuery } from '../api/session';
import type { Session } from '../api/types';
import { setLanguage } from '../i18n';
import { getPrefs } from '../state/prefs';
import { Failure, Waiting } from '../ui/parts';
import { Login } from './Login';
import { createAppRouter } from './router';
import { theme } from './theme';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => error instanceof ApiError && (error.status === 0 || error.status === 503) && count < 3,
    },
    mutations: { retry: false },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Door />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Shows the log-in to strangers and the page to the others. */
function Door() {
  const session = useSessionQuery();
  if (session.data === undefined) {
    return session.error ? <div style={{ padding: 24 }}><Failure error={session.error} onRetry={() => void session.refetch()} /></div> : <Waiting rows={3} />;
  }
  if (session.data === null) return <Login />;
  return <Inside key={session.data.user.id} session={session.data} />;
}

function Inside({ session }: { session: Session }) {
  useEffect(() => startFeed(queries, session.user.id), [session.user.id]);
  useEffect(() => {
    if (session.language && !getPrefs().language) setLanguage(session.language);
  }, [session.language]);
  return (
    <SessionProvider session={session}>
      <RouterProvider router={routerFor(session)} />
    </SessionProvider>
  );
}

let router: ReturnType<typeof createAppRouter> | null = null;
let routerUser = '';
/** One router per signed-in person: the home page depends on the role. */
function routerFor(session: Session): ReturnType<typeof createAppRouter> {
  if (!router || routerUser !== session.user.id) {
    router = createAppRouter(session.user.role);
    routerUser = session.user.id;
  }
  return router;
}
