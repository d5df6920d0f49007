/** A statement of a bank account as 1C programs exchange it; balances agree unless `off` says by how many kopecks they do not. */
export interface Received { number: string; amount: string; payer: string; inn?: string; purpose: string }
export const ACCOUNT = '40702810200000000001';

const kopecks = (amount: string): number => Math.round(Number(amount) * 100);
const sum = (value: number): string => (value / 100).toFixed(2);

export function oneC(day: string, rows: Received[], off = 0): Buffer {
  const received = rows.reduce((all, row) => all + kopecks(row.amount), 0);
  const opening = 10_000_000;
  const documents = rows.map((row) => [
    'СекцияДокумент=Платежное поручение', `Номер=${row.number}`, `Дата=${day}`, `Сумма=${row.amount}`, 'ПлательщикСчет=40817810355000123456', `ПлательщикИНН=${row.inn ?? ''}`, `Плательщик1=${row.payer}`, 'ПлательщикБИК=044525225',
    `ПолучательСчет=${ACCOUNT}`, `ДатаПоступило=${day}`, 'ПолучательИНН=7701000019', 'Получатель1=ООО "Заём"', 'ПолучательБИК=044525225', 'ВидОплаты=01', 'Очередность=5', `НазначениеПлатежа=${row.purpose}`, 'КонецДокумента',
  ].join('\r\n'));
  return Buffer.from([
    '1CClientBankExchange', 'ВерсияФормата=1.03', 'Кодировка=Windows', 'Отправитель=Банк', 'Получатель=1С', `ДатаСоздания=${day}`, 'ВремяСоздания=08:15:00', `ДатаНачала=${day}`, `ДатаКонца=${day}`, `РасчСчет=${ACCOUNT}`,
    'СекцияРасчСчет', `ДатаНачала=${day}`, `ДатаКонца=${day}`, `РасчСчет=${ACCOUNT}`, `НачальныйОстаток=${sum(opening)}`, `ВсегоПоступило=${sum(received)}`, 'ВсегоСписано=0.00', `КонечныйОстаток=${sum(opening + received + off)}`, 'КонецРасчСчет',
    ...documents, 'КонецФайла', '',
  ].join('\r\n'));
}
