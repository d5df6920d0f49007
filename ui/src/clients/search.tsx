/** Finding clients as one types: the same in the search of the bar, on the page of clients and in a call. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { organisationsOnly } from '../app/access';
import { HITS_SHOWN, search } from '../api/endpoints';
import { useSession } from '../api/session';
import type { SearchHit } from '../api/types';
import { phone } from '../format/format';
import { useWords } from '../i18n/use-language';

/** Shortest text worth asking the server about. */
const SHORTEST = 2;
/** A pause in typing after which the server is asked. */
const PAUSE_MS = 120;

/**
 * Looks into every field of the settings, or into `field` alone. `settled` says that `hits` belong to the text as it stands;
 * until then they are those of the text before.
 */
export function useClientSearch(text: string, field: string | null = null) {
  const typed = text.trim();
  const [asked] = useDebouncedValue(typed, PAUSE_MS);
  const found = useQuery({
    queryKey: ['search', field, asked],
    queryFn: ({ signal }) => search.find(asked, field, signal),
    enabled: asked.length >= SHORTEST,
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
  const enough = typed.length >= SHORTEST;
  const settled = !enough || (asked === typed && found.isFetched && !found.isPlaceholderData);
  const all = enough ? (found.data?.items ?? []) : [];
  const hits = all.slice(0, HITS_SHOWN);
  return { hits, more: all.length > hits.length, enough, settled, nothing: enough && settled && found.isSuccess && hits.length === 0, error: enough ? found.error : null, retry: () => void found.refetch() };
}

/** What tells one client from another without giving anything away. */
export function HitLine({ hit }: { hit: SearchHit }) {
  const { t } = useWords();
  const year = hit.birth_year ? t('spotlight.born', { year: hit.birth_year }) : null;
  // A long city is cut; the digits of the phone never are, for they tell one from another.
  const rest = [year, hit.phone_masked ? phone(hit.phone_masked) : null].filter(Boolean).map((fact) => ` · ${fact}`).join('');
  return (
    <>
      <span className="grow" style={{ display: 'flex', whiteSpace: 'pre' }}>
        <span className="cut" style={{ whiteSpace: 'pre' }}><strong>{hit.name}</strong>{hit.kind !== 'person' && <span className="dim"> · {t(`client.kind.${hit.kind}`)}</span>}{hit.city && <span className="dim"> · {hit.city}</span>}</span>
        {rest && <span className="dim nowrap" style={{ flex: 'none', whiteSpace: 'pre' }}>{rest}</span>}
      </span>
      {hit.loans > 0 && <span className="dim nowrap">{t('spotlight.loans', { count: hit.loans })}</span>}
      <span className="caption nowrap">{t(`matched.${hit.matched_by}`)}</span>
    </>
  );
}

/** Nobody was found; whoever sees organisations only must know that persons were not looked at. */
export function NothingFound({ inPalette = false }: { inPalette?: boolean }) {
  const { t } = useWords();
  const { user } = useSession();
  return <>{t(organisationsOnly(user.role) ? 'spotlight.nothing_organisations' : inPalette ? 'spotlight.nothing' : 'clients.nothing')}</>;
}
