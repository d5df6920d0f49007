import { useFeed } from '../api/feed';
import { CallView } from './CallView';
import { Idle } from './Idle';

/** The operator's page: the call that is here, or what to do until one comes. */
export function Workspace() {
  const current = useFeed((state) => state.calls.find((card) => card.call.id === state.currentCallId) ?? null);
  return current ? <CallView key={current.call.id} of={current} /> : <Idle />;
}
