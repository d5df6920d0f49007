import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, redirect } from '@tanstack/react-router';
import { PAYMENT_STATES, type PaymentState } from '../api/payment-types';
import type { Role } from '../api/types';
import { LOAN_TABS, type LoanTab } from '../loans/tabs';
import { useWords } from '../i18n/use-language';
import { Empty, Failure, Waiting } from '../ui/parts';
import { homeFor, sections } from './access';
import { Shell } from './Shell';

const root = createRootRoute({ component: Shell });

const workspace = createRoute({ getParentRoute: () => root, path: '/workspace', component: lazyRouteComponent(() => import('../workspace/Workspace'), 'Workspace') });
const clients = createRoute({ getParentRoute: () => root, path: '/clients', component: lazyRouteComponent(() => import('../clients/ClientsPage'), 'ClientsPage') });
const newClient = createRoute({ getParentRoute: () => root, path: '/clients/new', component: lazyRouteComponent(() => import('../clients/NewClientPage'), 'NewClientPage') });
export const clientRoute = createRoute({ getParentRoute: () => root, path: '/clients/$clientId', component: lazyRouteComponent(() => import('../clients/ClientPage'), 'ClientPage') });
export interface LoanSearch { on?: string; tab?: LoanTab }
const loan = createRoute({
  getParentRoute: () => root,
  path: '/clients/$clientId/loans/$loanId',
  validateSearch: (search: Record<string, unknown>): LoanSearch => ({
    ...(typeof search.on === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(search.on) ? { on: search.on } : {}),
    ...(LOAN_TABS.includes(search.tab as LoanTab) ? { tab: search.tab as LoanTab } : {}),
  }),
  component: lazyRouteComponent(() => import('../loans/LoanPage'), 'LoanPage'),
});
const loanByNumber = createRoute({ getParentRoute: () => root, path: '/loans/$loanId', component: lazyRouteComponent(() => import('../loans/LoanPage'), 'LoanByNumber') });
export interface CallsFilter { view?: 'live' | 'mine' | 'all'; call?: string; day?: string }
export const callsRoute = createRoute({
  getParentRoute: () => root,
  path: '/calls',
  validateSearch: (search: Record<string, unknown>): CallsFilter => ({
    ...(search.view === 'live' || search.view === 'mine' || search.view === 'all' ? { view: search.view } : {}),
    ...(typeof search.call === 'string' ? { call: search.call } : {}),
    ...(typeof search.day === 'string' ? { day: search.day } : {}),
  }),
  component: lazyRouteComponent(() => import('../calls/CallsPage'), 'CallsPage'),
});
const floor = createRoute({ getParentRoute: () => root, path: '/floor', component: lazyRouteComponent(() => import('../calls/FloorPage'), 'FloorPage') });
const calculator = createRoute({ getParentRoute: () => root, path: '/calculator', component: lazyRouteComponent(() => import('../loans/CalculatorPage'), 'CalculatorPage') });
const money = createRoute({ getParentRoute: () => root, path: '/money', component: lazyRouteComponent(() => import('../inbox/MoneyLayout'), 'MoneyLayout') });
export interface ArrearsSearch { bucket?: string }
export interface IncomingSearch { state?: PaymentState; payment?: string }
const moneyPages = [
  createRoute({ getParentRoute: () => money, path: '/', beforeLoad: () => { throw redirect({ to: '/money/incoming' }); } }),
  createRoute({
    getParentRoute: () => money, path: 'incoming', component: lazyRouteComponent(() => import('../inbox/IncomingPage'), 'IncomingPage'),
    validateSearch: (search: Record<string, unknown>): IncomingSearch => ({
      ...(PAYMENT_STATES.includes(search.state as PaymentState) ? { state: search.state as PaymentState } : {}),
      ...(typeof search.payment === 'string' ? { payment: search.payment } : {}),
    }),
  }),
  createRoute({
    getParentRoute: () => money, path: 'statements', component: lazyRouteComponent(() => import('../inbox/StatementsPage'), 'StatementsPage'),
    validateSearch: (search: Record<string, unknown>): { file?: string } => (typeof search.file === 'string' ? { file: search.file } : {}),
  }),
  createRoute({
    getParentRoute: () => money, path: 'arrears', component: lazyRouteComponent(() => import('../inbox/ReportPages'), 'ArrearsPage'),
    validateSearch: (search: Record<string, unknown>): ArrearsSearch => (typeof search.bucket === 'string' ? { bucket: search.bucket } : {}),
  }),
  createRoute({ getParentRoute: () => money, path: 'reconciliation', component: lazyRouteComponent(() => import('../inbox/ReportPages'), 'ReconciliationPage') }),
  createRoute({ getParentRoute: () => money, path: 'unallocated', component: lazyRouteComponent(() => import('../inbox/UnallocatedPage'), 'UnallocatedPage') }),
];
/** One's own snippets, for those who have no administration. */
const snippets = createRoute({ getParentRoute: () => root, path: '/snippets', component: lazyRouteComponent(() => import('../admin/OwnSnippetsPage'), 'OwnSnippetsPage') });
const admin = createRoute({ getParentRoute: () => root, path: '/admin', component: lazyRouteComponent(() => import('../admin/AdminLayout'), 'AdminLayout') });
const adminPages = [
  createRoute({ getParentRoute: () => admin, path: 'users', component: lazyRouteComponent(() => import('../admin/UsersPage'), 'UsersPage') }),
  createRoute({ getParentRoute: () => admin, path: 'tokens', component: lazyRouteComponent(() => import('../admin/TokensPage'), 'TokensPage') }),
  createRoute({ getParentRoute: () => admin, path: 'topics', component: lazyRouteComponent(() => import('../admin/TopicsPage'), 'TopicsPage') }),
  createRoute({ getParentRoute: () => admin, path: 'snippets', component: lazyRouteComponent(() => import('../admin/SnippetsPage'), 'SnippetsPage') }),
  createRoute({ getParentRoute: () => admin, path: 'branches', component: lazyRouteComponent(() => import('../admin/BranchesPage'), 'BranchesPage') }),
  createRoute({ getParentRoute: () => admin, path: 'products', component: lazyRouteComponent(() => import('../admin/ProductsPage'), 'ProductsPage') }),
  createRoute({ getParentRoute: () => admin, path: 'daily', component: lazyRouteComponent(() => import('../admin/DailyRunPage'), 'DailyRunPage') }),
  createRoute({ getParentRoute: () => admin, path: 'papers', component: lazyRouteComponent(() => import('../admin/PapersPage'), 'PapersPage') }),
  createRoute({ getParentRoute: () => admin, path: 'imports', component: lazyRouteComponent(() => import('../admin/ImportsPage'), 'ImportsPage') }),
  createRoute({ getParentRoute: () => admin, path: 'backups', component: lazyRouteComponent(() => import('../admin/BackupsPage'), 'BackupsPage') }),
  createRoute({ getParentRoute: () => admin, path: 'pbx', component: lazyRouteComponent(() => import('../admin/PbxPage'), 'PbxPage') }),
  createRoute({ getParentRoute: () => admin, path: 'health', component: lazyRouteComponent(() => import('../admin/HealthPage'), 'HealthPage') }),
];

/** An address that leads nowhere says so. */
function NoSuchPage() {
  const { t } = useWords();
  return <Empty action={<Link to="/">{t('error.to_start')}</Link>}>{t('error.no_such_page')}</Empty>;
}

/** The home page and the first page of administration depend on the role, so each person has a router of his own. */
export function createAppRouter(role: Role) {
  const home = createRoute({ getParentRoute: () => root, path: '/', beforeLoad: () => { throw redirect({ to: homeFor(role) }); } });
  const adminHome = createRoute({ getParentRoute: () => admin, path: '/', beforeLoad: () => { throw redirect({ to: `/admin/${sections(role)[0]}` }); } });
  const tree = root.addChildren([home, workspace, clients, newClient, clientRoute, loan, loanByNumber, callsRoute, floor, money.addChildren(moneyPages), calculator, snippets, admin.addChildren([adminHome, ...adminPages])]);
  return createRouter({
    routeTree: tree,
    defaultPendingComponent: () => <Waiting rows={8} />,
    defaultPendingMs: 150,
    defaultErrorComponent: ({ error, reset }) => <div style={{ padding: 16 }}><Failure error={error} onRetry={reset} /></div>,
    defaultNotFoundComponent: NoSuchPage,
  });
}
