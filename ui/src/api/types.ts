/**
 * The shapes of `/api/v1` as the page uses them. Sums are decimal strings, dates are `YYYY-MM-DD`,
 * instants are RFC 3339 in UTC; nothing here is computed by the page.
 */

import type { Statement } from './payment-types';
import type { PhoneKind } from './schema.gen';

export type Role = 'operator' | 'collector' | 'supervisor' | 'partner_manager' | 'administrator' | 'auditor';
export type Language = 'ru' | 'en';

export interface Money { amount: string; currency: string }
export interface Page<T> { items: T[]; next_cursor: string | null }
export interface Localized { ru: string | null; en: string | null }

export interface Session {
  csrf: string;
  user: { id: string; login: string; name: string; role: Role; extension: string | null };
  totp: { enrolled: boolean; required: boolean; offered?: boolean };
  language: Language | null;
  lender: { name: string; time_zone: string; currency: string };
  features: { pbx_configured: boolean };
}

export type OperatorState = 'offline' | 'ready' | 'ringing' | 'on_call' | 'wrap_up' | 'not_ready';
export const ABSENCE_REASONS = ['break', 'lunch', 'training', 'meeting', 'back_office', 'technical', 'supervisor'] as const;
export type AbsenceReason = (typeof ABSENCE_REASONS)[number];
export type StateReason = AbsenceReason | 'missed' | 'after_call';

export interface OperatorRow {
  user_id: string; name: string; extension: string | null; role: Role; state: OperatorState;
  reason: StateReason | null; since: string; call_id: string | null; missed_today: number;
}
export interface Me { state: OperatorState; reason: StateReason | null; since: string; extension?: string | null; call: CallCard | null; waiting?: CallCard[] }

export type CallState = 'queued' | 'ringing' | 'talking' | 'held' | 'wrap_up' | 'finished';
export type CallResult = 'answered' | 'no_answer' | 'busy' | 'abandoned' | 'queue_timeout' | 'failed' | 'rejected';
export type Direction = 'inbound' | 'outbound' | 'internal';
export const DISPOSITIONS = [
  'info_given', 'right_party', 'third_party', 'wrong_number', 'language', 'call_back', 'ptp', 'refuses', 'disputes', 'paid_already',
  'hardship', 'deceased', 'bankrupt', 'complaint', 'refused_identification', 'no_answer', 'busy', 'dropped',
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];
export const OPENING_WORDS = ['name', 'creditor', 'recorded'] as const;
export type OpeningWord = (typeof OPENING_WORDS)[number];
export type Level = 0 | 1 | 2 | 3;

export interface PromiseToPay { amount: Money; due_on: string }

export interface Call {
  id: string; number: number | null; direction: Direction; state: CallState; from: string | null; to: string | null; queue: string | null;
  ivr: Record<string, string>; client_number: string | null;
  operator: { user_id: string | null; name: string; extension: string | null } | null;
  /** In lists only. */
  client_name?: string | null;
  client_id: string | null; anonymous?: boolean; candidates_count: number;
  /** What the exchange of this call can do when asked; the colleague who is asked before the client is handed over. */
  can_hold?: boolean; can_consult?: boolean; consulting?: string | null;
  started_at: string; answered_at: string | null; ended_at: string | null; result: CallResult | null;
  participants: { operator: string; extension: string; from: string | null; to: string | null; role: 'first' | 'transfer' }[];
  talk_seconds: number; hold_seconds: number; wait_seconds: number;
  topics: { entry_id: string; title: string; at: string }[];
  consulted: { entry_id: string; link: string; at: string }[];
  comment: string; disposition: Disposition | null; opening_words: OpeningWord[];
  promise?: PromiseToPay | null;
  /** Checks of the caller that failed: which fields, never what was said. */
  failed_checks?: { at: string; by: string; fields: IdentificationField[]; locked: boolean }[];
  level: Level; by_hand: boolean; recording_url: string | null;
  corrections: { at: string; by: string; reason: string; disposition: Disposition | null; promise?: PromiseToPay | null; comment: string | null }[];
  source: string; version: number;
}

export type ClientKind = 'person' | 'organisation' | 'prospect' | 'anonymous';
export interface Candidate {
  client_id: string; kind: ClientKind; name: string; city: string | null; birth_year: number | null;
  loans: number; overdue: boolean | null; phone_masked: string | null;
}

export const IDENTIFICATION_FIELDS = ['full_name', 'birth_date', 'passport_last4', 'code_word', 'address', 'contract_number'] as const;
export type IdentificationField = (typeof IDENTIFICATION_FIELDS)[number];
export interface Identification {
  level: Level; required_level: Level; missing: { field: IdentificationField; label_key: string }[];
  /** What the card does not hold: no answer can reach the level in this call. */
  lacking: { field: IdentificationField; label_key: string }[];
  confirmed: IdentificationField[];
  /** Whose answers were wrong when this client was checked last in this call. */
  wrong?: IdentificationField[];
  attempts_left: number; locked: boolean; locked_until: string | null;
}
export interface CallCard { call: Call; candidates: Candidate[]; card: Card | null; identification: Identification | null }

export type AnswerKind = 'next_payment' | 'debt_today' | 'total_left' | 'where_to_pay';
export interface Answer {
  kind: AnswerKind; locked: boolean; required_level: Level; amount: Money | null; date: string | null; days_left: number | null;
  overdue_days: number | null; overdue: Money | null; as_of: string | null; loans: string[]; none: boolean;
}
export interface Phone { number: string; kind: PhoneKind; verified?: boolean; extension?: string | null }
export type AddressKind = 'residence' | 'stay' | 'work' | 'legal';
export interface Address { kind: AddressKind; text: string; region?: string | null; city?: string | null; postcode?: string | null }
export type DocumentKind = 'passport_rf' | 'foreign_passport' | 'other';
export interface IdentityDocument {
  kind: DocumentKind; series: string | null; number: string; issued_on: string | null; issued_by: string | null;
  department_code: string | null; valid_until: string | null;
}
export interface Personal {
  unmasked: boolean; full_name: string | null; last_name?: string | null; first_name?: string | null; patronymic?: string | null; birth_date: string | null; sex: 'male' | 'female' | null; birth_place: string | null;
  inn: string | null; snils: string | null; code_word_set: boolean; phones: Phone[]; emails: { email: string }[];
  addresses: Address[]; documents: IdentityDocument[];
}
export interface Organisation {
  form: 'network' | 'store' | 'employee' | 'partner'; short_name: string | null; full_name: string | null; kpp: string | null;
  ogrn: string | null; parent_id: string | null;
}
export interface LoanRow {
  loan_id: string; number: string; product: string | null; status: string; status_source: string | null; principal: Money | null;
  issued_on: string | null; term_months: number | null; rate_percent: string | null; next_due_on: string | null;
  next_payment: Money | null; outstanding: Money | null; overdue: Money | null; days_past_due: number | null; as_of: string | null; locked: boolean;
}
export interface Consent { id: string; purpose: string; given_at: string; text_version: string; evidence: string; revoked_at: string | null }
export interface ClientFile { id: string; name: string; kind: 'contract' | 'passport' | 'other'; loan_id: string | null; size: number; mime: string; at: string; locked?: boolean }
export interface Card {
  client_id: string; version: number; level: Level; kind: ClientKind; name: string; number: number | null; since: string | null;
  facts: { city: string | null; language: string | null; time_zone: string | null };
  answers: Answer[]; personal: Personal; organisation: Organisation | null; loans: LoanRow[];
  notes: { id: string; at: string; by: string; text: string }[]; consents: Consent[]; files: ClientFile[];
  /** Nobody can be identified as this client until then: too many wrong answers today. */
  check_closed_until?: string | null;
  restrictions: string[]; recommendations: { kind: string; text_key: string; values: Record<string, string> }[];
}
export interface HistoryItem {
  kind: 'call' | 'note' | 'payment' | 'import'; at: string; call_id: string | null; direction: Direction | null; result: CallResult | null;
  operator: string | null; topics: string[]; comment: string | null; disposition: Disposition | null; talk_seconds: number | null; title: string | null;
  amount?: Money | null;
}
export interface SearchHit {
  client_id: string; kind: ClientKind; name: string; matched_by: string; city: string | null; birth_year: number | null;
  phone_masked: string | null; loans: number;
}
export interface AccessRow { at: string; user: string; action: string; reason: string | null }
export interface PublicSettings {
  identification_fields: IdentificationField[]; search_fields: string[]; opening_words: { creditor?: string }; min_comment: number; password_length?: number;
}

export interface ClientBody {
  kind?: ClientKind; last_name?: string; first_name?: string; patronymic?: string; birth_date?: string | null; sex?: string | null;
  phones?: { number: string; kind: string }[]; emails?: { email: string }[]; addresses?: { kind: AddressKind; text: string }[];
  documents?: Partial<IdentityDocument>[]; inn?: string; snils?: string; code_word?: string;
  organisation?: Partial<Organisation>; acknowledge_duplicates?: boolean;
}

export interface DirectoryEntry<B> { id: string; kind: string; version: number; retired: boolean; body: B }
export type Severity = 'calm' | 'urgent' | 'critical';
export interface TopicBody {
  parent: string | null; title: Localized; order: number; hint: Localized; required_level: Level;
  links: { title: string; url: string }[]; severity: Severity;
}
export interface BranchBody { title: Localized; address: string; hours: string; phone: string; ways_to_pay: Localized }
/** Terms are those that an agreement may leave out. */
export interface ProductBody { title: Localized; description: Localized | null; order: number | null; book: 'own' | 'external' | null; terms: Record<string, string | number | boolean | null> | null }
/** A text that is called by a word after "/": everybody's, or of one person alone. */
export interface SnippetBody { key: string; title: Localized; text: Localized; topic: string | null; shared: boolean }
export interface DirectoryVersion<B> { version: number; at: string; by: string; action: string; body: B }

export interface User {
  /** Null is a role of a newer version. */
  id: string; login: string; name: string; role: Role | null; extension: string | null; disabled: boolean; totp: boolean;
  last_login_at: string | null; version: number;
}
export type TokenScope = 'pbx' | 'ivr' | 'cabinet' | 'core' | 'metrics';
export interface Token {
  id: string; name: string; scope: TokenScope | null; ip_list: string[]; rate_per_second: number | null; revoked: boolean;
  token?: string;
}
export type ImportKind = 'clients' | 'loans' | 'schedules' | 'payments';
export interface ImportJob {
  import_id: string; kind: ImportKind; file_name: string; state: 'waiting' | 'running' | 'finished' | 'failed' | 'interrupted'; dry_run: boolean;
  rows_read: number; rows_total: number | null; created: number; updated: number; unchanged: number; rejected: number;
  rows_per_second: number | null; seconds_left: number | null; started_at: string; finished_at: string | null; by: string; error: string | null; error_code: string | null;
}
export interface ImportPreview {
  columns: string[]; delimiter: string | null; encoding: string | null;
  /** Second files that the mapping looks things up in; no rows are shown before all are given. */
  lookups: { name: string; file: string; given: boolean }[];
  rows: { line: number; cells: string[]; target: Record<string, string> | null; faults: { field: string; code: string; message: string }[] }[];
}
export interface ImportMapping { name: string; kind: ImportKind; description: string; text: string }
export interface Backup {
  name: string; created_at: string; seq: number; bytes: number; incremental_of: string | null; encrypted: boolean; verified_at: string | null; digest: string;
}
export interface Job { job: string; kind: string; state: 'running' | 'done' | 'failed'; done: number; total: number | null; message: string | null; started_at: string; finished_at: string | null }
export interface PbxStatus {
  links: { source: string; kind: 'ami' | 'http' | 'feed'; state: LinkState; since: string | null; last_event_at: string | null; error: string | null }[];
  pop: { count: number; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null; max_ms: number | null }; live_calls: number;
}
export type LinkState = 'up' | 'down' | 'connecting';
export interface RecorderRow { seq: number; at: string; source: string; kind: 'event' | 'raw' | 'rejected'; call_id: string | null; text: string }
export const SCENARIOS = ['inbound', 'queue', 'transfer', 'lost_hangup', 'storm'] as const;
export type Scenario = (typeof SCENARIOS)[number];
export interface HealthSummary {
  version: string; uptime_seconds: number; head: number; disk_free_bytes: number; journal_bytes: number; store_bytes: number;
  last_backup_at: string | null; memory_bytes: number; clients: number; loans: number;
}

/** Of the calculator; sums and rates are decimals without a currency. */
export interface CalculatedRow { n: number; due_on: string; days: number; interest: string; principal: string; payment: string; balance: string }
export interface Calculation { annuity: string | null; psk_percent: string; total_interest: string; total_paid: string; schedule: CalculatedRow[] }
export interface EarlyQuote {
  on: string; due_first: string; interest: string; principal: string; to_pay: string; saving: string; interest_without: string; interest_with: string;
  annuity: string | null; schedule: CalculatedRow[];
}

export interface FieldFault { field: string; code: string; message: string; detail?: { column?: string | null; known?: string[]; line?: number | null } | null }

/** What was asked of the exchange and did not happen; `detail` are its own words where we have none. */
export interface CommandFailure { call_id: string; command: 'dial' | 'hangup' | 'transfer' | 'end_transfer' | 'hold' | 'resume'; reason: string; detail: string | null }

/** One message of `/api/v1/feed`, by `type`. */
export type Frame =
  | { type: 'hello'; head: number; epoch: string | number; me: Me | null }
  | { type: 'call.card'; seq: number; n?: number; call_id: string; card: CallCard; reason: 'arrived' | 'changed' | 'transfer' }
  | { type: 'call.gone'; call_id: string }
  | ({ type: 'call.command_failed' } & CommandFailure)
  | { type: 'operator.state'; user_id: string; state: OperatorState; reason: StateReason | null; since: string; call_id: string | null }
  | { type: 'client.changed'; client_id: string; version: number }
  | { type: 'directory.changed'; kind: string }
  | ({ type: 'import.progress' } & Partial<ImportJob> & { import_id: string })
  | ({ type: 'statement.progress' } & Statement)
  | { type: 'payment.changed'; payment_id: string }
  | ({ type: 'job.progress' } & Partial<Job> & { job: string })
  | { type: 'pbx.link'; source: string; state: LinkState }
  | { type: 'storage_low'; on: boolean }
  | { type: 'heartbeat'; head: number }
  | { type: 'resync' };
