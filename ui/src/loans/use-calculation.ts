import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { calculator } from '../api/endpoints';
import type { Calculation } from '../api/types';
import { askOf, type LoanAsk, termFaults, type Terms } from './terms';

/** A pause in typing after which the server is asked. */
export const PAUSE_MS = 250;

/** What becomes of the terms as they are typed: the answer of the server, and the faults that it need not be asked about. */
export function useCalculation(terms: Terms) {
  const [settled] = useDebouncedValue(terms, PAUSE_MS);
  const ask = askOf(settled);
  const found = useQuery<Calculation>({
    queryKey: ['calculator', ask], queryFn: ({ signal }) => calculator.calculate(ask as LoanAsk, signal), enabled: ask !== null, placeholderData: keepPreviousData, staleTime: Infinity, retry: false,
  });
  const error = ask ? found.error : null;
  return { ask, settled, local: termFaults(settled), error, plan: ask && !error ? found.data : undefined, isFetching: found.isFetching };
}
