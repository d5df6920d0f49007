/** Every request of the page, one line each, so that a change of the contract is found in one file. */
import { address, request as send, requestFile, requestHead, uploadBlob } from './client';
import type {
  AccessRow, Backup, Calculation, Call, CallCard, Candidate, Card, ClientBody, DirectoryEntry, DirectoryVersion, Disposition, EarlyQuote, HealthSummary,
  HistoryItem, IdentificationField, ImportJob, ImportKind, ImportMapping, ImportPreview, Job, Language, Me, OpeningWord, OperatorRow, Page,
  PbxStatus, PublicSettings, RecorderRow, Role, Scenario, SearchHit, Session, Token, TokenScope, User,
} from './types';

import type { EarlyKind } from '../loans/early';
import type { LoanAsk } from '../loans/terms';
import type { Paper, PaperKind, PaperTemplate } from './paper-types';
import type { FigureName, LoanEarlyQuote, LoanView, Previewed, Why } from './loan-types';
import type { ArrearsRow, DailyRuns, ReconciliationRow } from './report-types';
import type { IncomingPayment, PaymentState, Statement, StatementPage, Unallocated } from './payment-types';

const q = encodeURIComponent;

export interface Notes { topics: string[]; comment: string; opening_words: OpeningWord[]; disposition?: Disposition | null; promise?: { amount: string; due_on: string } }

export const session = {
  get: () => send<Session>('GET', '/session'),
  open: (body: { login: string; password: string; totp?: string }) => send<Session>('POST', '/session', { body }),
  close: () => send<void>('DELETE', '/session'),
  password: (current: string, next: string) => send<void>('PUT', '/session/password', { body: { current, new: next } }),
  totpStart: () => send<{ secret: string; otpauth_url: string }>('POST', '/session/totp'),
  totpConfirm: (code: string) => send<void>('PUT', '/session/totp', { body: { code } }),
  totpRemove: (code: string) => send<void>('DELETE', '/session/totp', { body: { code } }),
};

export const operators = {
  list: () => send<Page<OperatorRow>>('GET', '/operators'),
  me: () => send<Me>('GET', '/operators/me'),
  setState: (state: 'ready' | 'not_ready' | 'offline', reason: string | null) => send<Me>('PUT', '/operators/me/state', { body: { state, reason } }),
};

export interface CallFilter { state?: 'live' | 'all'; operator?: string; client?: string; from?: string; to?: string; cursor?: string; limit?: number }

export interface TransferTo { to_user_id?: string; to_extension?: string; to_queue?: string }

export const calls = {
  list: (filter: CallFilter) => send<Page<Call>>('GET', '/calls', { query: { ...filter } }),
  get: (id: string) => send<CallCard>('GET', `/calls/${q(id)}`),
  events: (id: string) => send<Page<Record<string, unknown>>>('GET', `/calls/${q(id)}/events`),
  byHand: (direction: string, client_number: string, client_id?: string) => send<CallCard>('POST', '/calls', { body: { direction, client_number, client_id } }),
  dial: (body: { number?: string; client_id?: string; phone_index?: number }) => send<{ call_id: string; command_id: string }>('POST', '/calls/dial', { body }),
  hangup: (id: string) => send<void>('POST', `/calls/${q(id)}/hangup`),
  hold: (id: string) => send<void>('POST', `/calls/${q(id)}/hold`),
  resume: (id: string) => send<void>('POST', `/calls/${q(id)}/resume`),
  transfer: (id: string, body: TransferTo & { attended?: boolean }) => send<void>('POST', `/calls/${q(id)}/transfer`, { body }),
  completeTransfer: (id: string) => send<void>('POST', `/calls/${q(id)}/transfer/complete`),
  cancelTransfer: (id: string) => send<void>('POST', `/calls/${q(id)}/transfer/cancel`),
  chooseClient: (id: string, client_id: string | null) => send<CallCard>('PUT', `/calls/${q(id)}/client`, { body: { client_id } }),
  identify: (id: string, answers: { field: IdentificationField; value: string }[]) => send<CallCard>('POST', `/calls/${q(id)}/identify`, { body: { answers } }),
  notes: (id: string, body: Notes) => send<Call>('PUT', `/calls/${q(id)}/notes`, { body }),
  consult: (id: string, entry_id: string, link: string) => send<Call>('POST', `/calls/${q(id)}/consult`, { body: { entry_id, link } }),
  finish: (id: string, body: Notes) => send<Call>('POST', `/calls/${q(id)}/finish`, { body }),
  correct: (id: string, body: { disposition?: Disposition; comment?: string; topics?: string[]; promise?: { amount: string; due_on: string }; reason: string }) => send<Call>('POST', `/calls/${q(id)}/correct`, { body }),
};

export const clients = {
  card: (id: string, call?: string | null) => send<Card>('GET', `/clients/${q(id)}`, { query: { call } }),
  history: (id: string, call: string | null, cursor?: string) => send<Page<HistoryItem>>('GET', `/clients/${q(id)}/history`, { query: { call, cursor, limit: 50 } }),
  create: (body: ClientBody) => send<Card>('POST', '/clients', { body }),
  change: (id: string, version: number, body: ClientBody, call?: string | null) => send<Card>('PATCH', `/clients/${q(id)}`, { body, ifMatch: version, query: { call } }),
  duplicates: (body: ClientBody) => send<{ hard: Candidate[]; soft: Candidate[] }>('POST', '/clients/check-duplicates', { body }),
  note: (id: string, text: string) => send<void>('POST', `/clients/${q(id)}/notes`, { body: { text } }),
  consent: (id: string, body: { purpose: string; evidence: string; text_version: string }) => send<void>('POST', `/clients/${q(id)}/consents`, { body }),
  revokeConsent: (id: string, consent: string, reason: string) => send<void>('DELETE', `/clients/${q(id)}/consents/${q(consent)}`, { body: { reason } }),
  unmask: (id: string, reason: string) => send<Card>('POST', `/clients/${q(id)}/unmask`, { body: { reason } }),
  async addFile(id: string, file: File, kind: string, loan_id?: string | null): Promise<void> {
    const { blob } = await uploadBlob(file);
    await send<void>('POST', `/clients/${q(id)}/files`, { body: { blob, name: file.name, kind, ...(loan_id ? { loan_id } : {}) } });
  },
  fileAddress: (id: string, file: string, call?: string | null) => `/api/v1/clients/${q(id)}/files/${q(file)}${call ? `?call=${q(call)}` : ''}`,
  access: (id: string, cursor?: string) => send<Page<AccessRow>>('GET', `/clients/${q(id)}/access`, { query: { cursor } }),
};

/** Hits of a search on the screen; one more is asked for, to know whether there are others. */
export const HITS_SHOWN = 12;

export const search = {
  find: (text: string, field: string | null, signal?: AbortSignal) => send<Page<SearchHit>>('GET', '/search', { query: { q: text, field, limit: HITS_SHOWN + 1 }, signal }),
  fields: () => send<{ fields: string[] }>('GET', '/search/fields'),
};

/** Loans of any terms, without a client. */
export const calculator = {
  calculate: (body: LoanAsk, signal?: AbortSignal) => send<Calculation>('POST', '/loans/calculate', { body, signal }),
  quote: (body: { loan: LoanAsk; on: string; mode: string; amount?: string }, signal?: AbortSignal) => send<EarlyQuote>('POST', '/loans/quote', { body, signal }),
};

export interface EarlyRequestAsk { on: string; kind: EarlyKind; amount?: string }

/** One loan with its money. Every write names its own key, so that a repeat after a lost answer books nothing twice. */
export const loans = {
  view: (id: string, on?: string | null, call?: string | null) => send<LoanView>('GET', `/loans/${q(id)}`, { query: { on, call } }),
  explain: (id: string, figure: FigureName, n: number | null, on: string, call?: string | null) => send<Why>('GET', `/loans/${q(id)}/explain`, { query: { figure, n, on, call } }),
  earlyQuote: (id: string, ask: EarlyRequestAsk, call: string | null, signal?: AbortSignal) => send<LoanEarlyQuote>('GET', `/loans/${q(id)}/early-quote`, { query: { ...ask, call }, signal }),
  requestEarly: (id: string, body: EarlyRequestAsk, call: string | null, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/early-requests`, { body, query: { call }, idempotencyKey }),
  stepRequest: (id: string, request: string, step: RequestStep, call: string | null) => send<unknown>('POST', `/loans/${q(id)}/early-requests/${q(request)}/steps`, { body: { step }, query: { call } }),
  open: (body: { client_id: string; number: string; product: string; agreement: LoanAsk }, idempotencyKey: string) => send<{ loan_id: string }>('POST', '/loans', { body, idempotencyKey }),
  /** What the loan would be: nothing is booked. */
  preview: (id: string, booking: Previewed, body: Record<string, unknown>, signal?: AbortSignal) => send<LoanView>('POST', `/loans/${q(id)}/previews/${q(booking)}`, { body, signal }),
  book: {
    payments: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/payments`, { body, idempotencyKey }),
    fees: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/fees`, { body, idempotencyKey }),
    'penalty-forgiveness': (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/penalty-forgiveness`, { body, idempotencyKey }),
    refunds: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/refunds`, { body, idempotencyKey }),
    holidays: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/holidays`, { body, idempotencyKey }),
    restructurings: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/restructurings`, { body, idempotencyKey }),
    'goods-returns': (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/goods-returns`, { body, idempotencyKey }),
    closings: (id: string, body: Record<string, unknown>, idempotencyKey: string) => send<unknown>('POST', `/loans/${q(id)}/closings`, { body, idempotencyKey }),
  },
  reverse: (id: string, operation: string, reason: string) => send<unknown>('POST', `/loans/${q(id)}/operations/${q(operation)}/reverse`, { body: { reason } }),
};
export type RequestStep = 'calculate' | 'await_funds' | 'withdraw';

export const statements = {
  list: (cursor?: string) => send<Page<Statement>>('GET', '/statements', { query: { cursor, limit: 50 } }),
  get: (id: string, cursor?: string) => send<StatementPage>('GET', `/statements/${q(id)}`, { query: { cursor, limit: 100 } }),
  async take(file: File): Promise<Statement> {
    const { blob } = await uploadBlob(file);
    return send<Statement>('POST', '/statements', { body: { file: blob, name: file.name } });
  },
};

export const incoming = {
  list: (state: PaymentState | null, cursor?: string) => send<Page<IncomingPayment>>('GET', '/incoming-payments', { query: { state, cursor, limit: 50 } }),
  get: (id: string) => send<IncomingPayment>('GET', `/incoming-payments/${q(id)}`),
  post: (id: string, loan_id: string) => send<IncomingPayment>('POST', `/incoming-payments/${q(id)}/post`, { body: { loan_id } }),
  dismiss: (id: string, reason: string) => send<IncomingPayment>('POST', `/incoming-payments/${q(id)}/dismiss`, { body: { reason } }),
  reverse: (id: string, reason: string, recall_id?: string) => send<IncomingPayment>('POST', `/incoming-payments/${q(id)}/reverse`, { body: { reason, ...(recall_id ? { recall_id } : {}) } }),
  unallocated: (cursor?: string) => send<Page<Unallocated>>('GET', '/reports/unallocated', { query: { cursor, limit: 50 } }),
};

export const reports = {
  reconciliation: (cursor?: string) => send<Page<ReconciliationRow>>('GET', '/reports/reconciliation', { query: { cursor, limit: 50 } }),
  reconciliationFile: '/api/v1/reports/reconciliation/export',
  arrears: (bucket: string | null, cursor?: string) => send<Page<ArrearsRow>>('GET', '/reports/arrears', { query: { bucket, cursor, limit: 50 } }),
  arrearsFile: (bucket: string | null) => address('/reports/arrears/export', { bucket }),
};

export const dailyRun = {
  list: () => send<DailyRuns>('GET', '/daily-run'),
  start: () => send<{ job: string }>('POST', '/daily-run'),
};

export interface PaperAsk { kind: PaperKind; language: Language; on?: string; early?: EarlyRequestAsk }

export const papers = {
  list: (loan: string, call: string | null, cursor?: string) => send<Page<Paper>>('GET', `/loans/${q(loan)}/papers`, { query: { call, cursor, limit: 50 } }),
  issue: (loan: string, body: PaperAsk, call: string | null, idempotencyKey: string) => send<Paper>('POST', `/loans/${q(loan)}/papers`, { body, query: { call }, idempotencyKey }),
  pdf: (id: string, call: string | null) => requestFile('GET', `/papers/${q(id)}`, { query: { call } }),
  templates: () => send<Page<PaperTemplate>>('GET', '/papers/templates'),
  preview: (body: { kind: string; language: string; body: string; loan_id?: string }, signal?: AbortSignal) => requestFile('POST', '/papers/preview', { body, signal }),
  putTemplate: (id: string, version: number, body: { kind: string; language: string; text: string }) => send<DirectoryEntry<unknown>>('PUT', `/directory/paper_template/${q(id)}`, { body, ifMatch: version }),
  dropTemplate: (id: string, version: number) => send<void>('DELETE', `/directory/paper_template/${q(id)}`, { ifMatch: version }),
};

export const directory = {
  list: <B>(kind: string) => send<Page<DirectoryEntry<B>>>('GET', `/directory/${q(kind)}`, { query: { limit: 200 } }),
  put: <B>(kind: string, id: string, version: number, body: B) => send<DirectoryEntry<B>>('PUT', `/directory/${q(kind)}/${q(id)}`, { body, ifMatch: version }),
  retire: (kind: string, id: string, version: number) => send<void>('DELETE', `/directory/${q(kind)}/${q(id)}`, { ifMatch: version }),
  restore: (kind: string, id: string, version: number) => send<void>('POST', `/directory/${q(kind)}/${q(id)}/restore`, { ifMatch: version }),
  history: <B>(kind: string, id: string) => send<Page<DirectoryVersion<B>>>('GET', `/directory/${q(kind)}/${q(id)}/history`),
};

export const users = {
  list: () => send<Page<User>>('GET', '/users', { query: { limit: 200 } }),
  create: (body: { login: string; name: string; role: Role; extension?: string; password: string }) => send<User>('POST', '/users', { body }),
  change: (id: string, version: number, body: { name?: string; role?: Role; extension?: string | null }) => send<User>('PATCH', `/users/${q(id)}`, { body, ifMatch: version }),
  password: (id: string, password: string) => send<void>('PUT', `/users/${q(id)}/password`, { body: { password } }),
  disable: (id: string) => send<void>('POST', `/users/${q(id)}/disable`),
  enable: (id: string) => send<void>('POST', `/users/${q(id)}/enable`),
  removeTotp: (id: string) => send<void>('DELETE', `/users/${q(id)}/totp`),
};

export const tokens = {
  list: () => send<Page<Token>>('GET', '/tokens'),
  create: (body: { name: string; scope: TokenScope; ip_list: string[]; rate_per_second?: number }) => send<Token>('POST', '/tokens', { body }),
  remove: (id: string) => send<void>('DELETE', `/tokens/${q(id)}`),
};

export interface ImportRules { kind: ImportKind; blob: string; mapping?: string; mapping_text?: string; lookups?: { name: string; blob: string }[] }
export interface ImportRequest extends ImportRules { file_name: string; dry_run: boolean }

/** Bytes of a list of rejected rows that a page shows. */
const REJECTS_BYTES = 64 * 1024;

export const imports = {
  list: () => send<Page<ImportJob>>('GET', '/imports'),
  get: (id: string) => send<ImportJob>('GET', `/imports/${q(id)}`),
  start: (body: ImportRequest) => send<{ import_id: string }>('POST', '/imports', { body }),
  preview: (body: ImportRules) => send<ImportPreview>('POST', '/imports/preview', { body }),
  mappings: () => send<Page<ImportMapping>>('GET', '/imports/mappings'),
  resume: (id: string) => send<void>('POST', `/imports/${q(id)}/resume`),
  cancel: (id: string) => send<void>('POST', `/imports/${q(id)}/cancel`),
  /** The first rows of the list: enough to see what is wrong. */
  rejectsHead: (id: string) => requestHead(`/imports/${q(id)}/rejects`, REJECTS_BYTES),
  rejectsAddress: (id: string) => `/api/v1/imports/${q(id)}/rejects`,
};

export const backups = {
  list: () => send<Page<Backup>>('GET', '/backups'),
  create: () => send<{ job: string }>('POST', '/backups'),
  verify: (name: string) => send<{ job: string }>('POST', `/backups/${q(name)}/verify`),
  job: (id: string) => send<Job>('GET', `/jobs/${q(id)}`),
};

/** Rows of the flight recorder at a time. */
export const RECORDER_ROWS = 100;

export const pbx = {
  status: () => send<PbxStatus>('GET', '/pbx/status'),
  recorder: (cursor?: number, call?: string) => send<Page<RecorderRow>>('GET', '/pbx/recorder', { query: { cursor, call, limit: RECORDER_ROWS } }),
  simulate: (body: { scenario: Scenario; number?: string; extension?: string }) => send<void>('POST', '/pbx/simulate', { body }),
};

export const system = {
  health: () => send<HealthSummary>('GET', '/health/summary'),
  settings: () => send<PublicSettings>('GET', '/settings/public'),
};
