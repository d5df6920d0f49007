/** What is owed over time: principal and all that is to be paid. Drawn plainly, with the same figures as a table on demand. */
import { SegmentedControl } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, useState } from 'react';
import { dayAndMonth, decimal, integer, shortDate } from '../format/format';
import { useWords } from '../i18n/use-language';
import { csv, download } from '../ui/export';
import { Empty } from '../ui/parts';
import card from '../card/card.module.css';
import { type Frame, indexAt, months, type Point, scaleOf, steps } from './chart';
import styles from './loans.module.css';

/** Before it is measured it takes the width that it has on the page of a loan. */
const WIDTH = 396;
const FRAME: Omit<Frame, 'width'> = { height: 190, left: 62, right: 8, top: 10, bottom: 22 };

export function BalanceChart({ points, on, name }: { points: Point[]; on: string; name: string }) {
  const { t, language } = useWords();
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const [at, setAt] = useState<number | null>(null);
  const { ref, width } = useElementSize();
  const frame: Frame = { ...FRAME, width: width || WIDTH };
  const scale = scaleOf(points, frame);
  if (!scale) return <Empty>{t('chart.empty')}</Empty>;
  const today = points.reduce((found, point, index) => (point.on <= on ? index : found), 0);
  const index = at ?? today;
  const point = points[index];
  const cells = [[t('date.day'), t('chart.principal'), t('chart.total')], ...points.map((each) => [shortDate(each.on, language), each.principal, each.total])];
  const move = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setAt(indexAt(points, scale, ((event.clientX - box.left) / box.width) * frame.width));
  };
  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    setAt(Math.min(points.length - 1, Math.max(0, index + step)));
  };
  const nowX = scale.x(on);
  return (
    <section ref={ref} className="stack" aria-label={t('chart.title')} style={{ gap: 4 }}>
      <div className="row">
        <h2 className="grow">{t('chart.title')}</h2>
        <button type="button" className={`${card.linkButton} small`} onClick={() => download(`${name}.csv`, csv(cells, language))}>{t('action.download_csv')}</button>
        <SegmentedControl size="xs" aria-label={t('chart.title')} value={view} onChange={(next) => setView(next as 'chart' | 'table')} data={[{ value: 'chart', label: t('chart.as_chart') }, { value: 'table', label: t('chart.as_table') }]} />
      </div>
      {view === 'table' ? (
        <div className={styles.boxed}>
          <table className="grid"><thead><tr><th>{cells[0]?.[0]}</th><th className="num">{t('chart.principal')}</th><th className="num">{t('chart.total')}</th></tr></thead>
            <tbody>{points.map((each) => <tr key={each.on}><td>{shortDate(each.on, language)}</td><td className="num">{decimal(each.principal, language)}</td><td className="num">{decimal(each.total, language)}</td></tr>)}</tbody>
          </table>
        </div>
      ) : (
        <>
          <p className="small" aria-live="off">
            <span className="dim">{point && shortDate(point.on, language)}</span> · <span className={styles.keyPrincipal}>{t('chart.principal')} {point && decimal(point.principal, language)}</span> · <span className={styles.keyTotal}>{t('chart.total')} {point && decimal(point.total, language)}</span>
          </p>
          <svg width={frame.width} height={frame.height} className={styles.chart} role="img" aria-label={t('chart.title')} tabIndex={0} onPointerMove={move} onPointerLeave={() => setAt(null)} onKeyDown={keys} onBlur={() => setAt(null)}>
            {scale.ticks.map((tick) => (
              <g key={tick}>
                <line x1={frame.left} x2={frame.width - frame.right} y1={scale.y(tick)} y2={scale.y(tick)} className={styles.gridLine} />
                <text x={frame.left - 6} y={scale.y(tick) + 4} textAnchor="end" className={styles.axis}>{integer(tick, language)}</text>
              </g>
            ))}
            {months(scale.from, scale.to, Math.max(2, Math.floor(frame.width / 70))).map((day) => <text key={day} x={scale.x(day)} y={frame.height - 6} textAnchor="middle" className={styles.axis}>{day.slice(5, 7) === '01' ? day.slice(0, 4) : dayAndMonth(day, language)}</text>)}
            <rect x={frame.left} y={frame.top} width={Math.max(0, nowX - frame.left)} height={frame.height - frame.top - frame.bottom} className={styles.past} />
            <path d={steps(points, scale, 'total')} className={styles.lineTotal} />
            <path d={steps(points, scale, 'principal')} className={styles.linePrincipal} />
            {on >= scale.from && on <= scale.to && <line x1={nowX} x2={nowX} y1={frame.top} y2={frame.height - frame.bottom} className={styles.nowLine} />}
            {point && <><circle cx={scale.x(point.on)} cy={scale.y(Number(point.principal))} r={3.5} className={styles.dotPrincipal} /><circle cx={scale.x(point.on)} cy={scale.y(Number(point.total))} r={3.5} className={styles.dotTotal} /></>}
          </svg>
        </>
      )}
    </section>
  );
}
