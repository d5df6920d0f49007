/**
 * Holds the shapes that the page uses against what the server says it answers: a field that was renamed, removed, made of
 * another kind or made nullable there breaks the build here. The page's own types are narrower (its words for states and the
 * like are lists), so they are compared and not replaced.
 */
import type * as server from './schema.gen';
import type * as loan from './loan-types';
import type * as payments from './payment-types';
import type * as reports from './report-types';
import type * as papers from './paper-types';
import type * as page from './types';

/** A field is as the server has it, or narrower; it admits null wherever the server may send it. */
type Fits<P, S> =
  null extends S ? (null extends P ? Part<NonNullable<P>, NonNullable<S>> : false)
    : undefined extends S ? (undefined extends P ? Part<NonNullable<P>, NonNullable<S>> : false)
      : Part<NonNullable<P>, NonNullable<S>>;
type Part<P, S> =
  unknown extends S ? true
    : [P] extends [S] ? true
      : P extends readonly (infer PI)[] ? (S extends readonly (infer SI)[] ? Fits<PI, SI> : false)
        : P extends object ? (S extends object ? ([Faults<P, S>] extends [never] ? true : false) : false)
          : false;
/** The fields of the page's type that the server does not answer so. */
type Faults<P, S> = { [K in keyof P & string]: K extends keyof S ? (Fits<P[K], S[K]> extends true ? never : K) : K }[keyof P & string];

/** Fails to compile when the two have parted; the message names the fields. */
function holds<P, S>(_: [Faults<P, S>] extends [never] ? true : Faults<P, S>): void {}

holds<page.Session, server.SessionView>(true);
holds<page.OperatorRow, server.OperatorRow>(true);
holds<page.Me, server.OwnState>(true);
holds<page.Call, server.CallView>(true);
holds<page.Candidate, server.Candidate>(true);
holds<page.Identification, server.IdentificationView>(true);
holds<page.CallCard, server.CallCard>(true);
holds<page.Answer, server.Answer>(true);
holds<page.Personal, server.PersonalView>(true);
holds<page.Organisation, server.OrganisationView>(true);
holds<page.LoanRow, server.LoanRow>(true);
holds<page.Consent, server.ConsentView>(true);
holds<page.ClientFile, server.FileView>(true);
holds<page.Card, server.Card>(true);
holds<page.HistoryItem, server.HistoryItem>(true);
holds<page.SearchHit, server.SearchRow>(true);
holds<page.AccessRow, server.AccessView>(true);
holds<page.PublicSettings, server.PublicSettings>(true);
holds<Omit<page.DirectoryEntry<unknown>, 'body'>, server.EntryView>(true);
holds<Omit<page.DirectoryVersion<unknown>, 'body'>, server.EntryVersionView>(true);
holds<page.User, server.UserView>(true);
holds<Omit<page.Token, 'token'>, server.TokenView>(true);
holds<page.ImportJob, server.ImportView>(true);
holds<page.ImportPreview, server.PreviewView>(true);
holds<page.ImportMapping, server.MappingView>(true);
holds<page.Backup, server.BackupView>(true);
holds<page.Job, server.Job>(true);
holds<page.PbxStatus, server.PbxStatusView>(true);
holds<page.RecorderRow, server.RecordView>(true);
holds<page.HealthSummary, server.HealthSummary>(true);
holds<page.Calculation, server.Calculation>(true);
holds<page.EarlyQuote, server.QuoteView>(true);
holds<loan.LoanView, server.LoanDetail>(true);
holds<loan.Why, server.FigureView>(true);
holds<loan.LoanEarlyQuote, server.EarlyQuoteView>(true);
holds<payments.IncomingPayment, server.IncomingPaymentView>(true);
holds<payments.Statement, server.StatementView>(true);
holds<payments.StatementPage, server.StatementPage>(true);
holds<payments.Unallocated, server.UnallocatedView>(true);
holds<reports.ArrearsRow, server.ArrearsRow>(true);
holds<reports.ReconciliationRow, server.ReconciliationRow>(true);
holds<reports.DailyRuns, server.DailyRuns>(true);
holds<papers.Paper, server.PaperView>(true);
holds<papers.PaperTemplate, server.TemplateView>(true);
