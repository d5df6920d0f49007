import type { Page } from '@playwright/test';
import { become, type Box, chooseResult, chooseTopic, expect, finish, type Known, knownClient, pbxFeed, signIn, test } from './box';

let known: Known;
test.beforeAll(async ({ box }) => { known = await knownClient(box); });

const wrapUp = (page: Page) => expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'wrap_up');
const press = async (page: Page, ...keys: string[]) => { for (const key of keys) await page.keyboard.press(key); };

/** A call of `from` that the operator has answered. */
async function talk(box: Box, extension: string, from: string): Promise<string> {
  const call = await box.ring(extension, from);
  await box.event({ call_id: call, type: 'answered', from, agent: extension });
  return call;
}
const hangUp = (box: Box, call: string, extension: string, from: string) => box.event({ call_id: call, type: 'ended', from, agent: extension, cause: 'normal' });

test('a whole call without the mouse, and the client\'s history shows it', async ({ page, box }) => {
  const person = box.login('operator', 2);
  await page.goto(box.announced.address);
  await expect(page.locator('[name=login]')).toBeFocused();
  await page.keyboard.type(person.login);
  await press(page, 'Tab');
  await page.keyboard.type(person.password);
  await press(page, 'Enter');
  await become(page, 'ready');
  const call = await talk(box, person.extension, box.announced.sample_phone);
  // The talk begins with who it is.
  await expect(page.locator('[name=full_name]')).toBeFocused();
  await page.keyboard.type(known.full_name);
  await press(page, 'Tab');
  await page.keyboard.type(known.birth_date);
  await press(page, 'Tab', 'Tab');
  await page.keyboard.type(known.passport);
  await press(page, 'Enter');
  await expect(page.getByText('L2 личность подтверждена')).toBeVisible();
  await press(page, 'Escape', '2');
  await expect(page.getByRole('tab', { name: /История/ })).toHaveAttribute('aria-selected', 'true');
  await chooseTopic(page, 'плат');
  const comment = `клавиатура ${call.slice(-6)}`;
  await press(page, 'Escape', 'Escape', '/');
  await expect(page.locator('[name=comment]')).toBeFocused();
  await press(page, 'Backspace');
  await page.keyboard.type(comment);
  await hangUp(box, call, person.extension, box.announced.sample_phone);
  await wrapUp(page);
  await press(page, 'Control+Enter');
  await expect(page.locator('[data-field=disposition]')).toBeFocused();
  await chooseResult(page, 'Ответ');
  await press(page, 'Control+Enter');
  await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'not_ready');
  await page.goto(`${box.announced.address}/clients/${known.client_id}`);
  await page.getByRole('tab', { name: /История/ }).click();
  // Outside of a call what was said is not for every eye, but that it was said is.
  await expect(page.locator('#tab-body')).toContainText('Власова Вера');
  await page.locator('#tab-body').getByRole('link').first().click();
  await expect(page.getByText(comment)).toBeVisible();
});

test('all that is needed in a talk stands on one small screen', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const call = await talk(box, me.extension, box.announced.sample_phone);
  await expect(page.locator('[name=passport_last4]')).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('button', { name: 'Проверить' })).toBeInViewport({ ratio: 1 });
  for (const words of ['Следующий платёж', 'Долг сегодня', 'Осталось всего', 'Где заплатить']) await expect(page.getByText(words)).toBeInViewport({ ratio: 1 });
  for (const name of ['topics', 'comment']) await expect(page.locator(`[name=${name}]`)).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('button', { name: /Завершить карточку/ })).toBeInViewport({ ratio: 1 });
  // What lies over the card goes away with Esc, wherever the focus is.
  await page.getByRole('button', { name: 'все офисы' }).click();
  await expect(page.getByText('Новосибирск', { exact: true })).toBeVisible();
  await press(page, 'Escape');
  await expect(page.getByText('Новосибирск', { exact: true })).toHaveCount(0);
  // Measured where the page comes to rest: before its own letters have come other ones take more room.
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  for (const column of ['[aria-label="Клиент"]', '[aria-label="О чём был звонок"]']) await expect.poll(() => page.locator(column).evaluate((element) => element.scrollHeight <= element.clientHeight), column).toBe(true);
  await hangUp(box, call, me.extension, box.announced.sample_phone);
  await wrapUp(page);
  await finish(page);
});

test('"/" puts a shared snippet or an own one into the comment, and Ctrl+Z takes it out', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  await page.goto(`${box.announced.address}/snippets`);
  await page.getByRole('button', { name: 'Новая заготовка' }).click();
  await page.locator('[name=key]').fill('спасибо');
  await page.locator('[name=title_ru]').fill('Поблагодарила');
  await page.locator('[name=text_ru]').fill('Поблагодарила за звонок.');
  await page.getByRole('button', { name: 'Сохранить' }).click();
  await expect(page.getByRole('button', { name: '/спасибо' })).toBeVisible();
  await page.getByRole('button', { name: '/платёж' }).click();
  await expect(page.locator('[name=text_ru]')).toBeDisabled();

  await page.getByRole('link', { name: 'Рабочее место' }).click();
  await become(page, 'ready');
  const call = await talk(box, me.extension, box.announced.sample_phone);
  const comment = page.locator('[name=comment]');
  await comment.click();
  await page.keyboard.type('Спросил. /плат');
  await expect(page.getByRole('option', { name: /\/платёж/ })).toBeVisible();
  await press(page, 'Enter');
  await expect(comment).toHaveValue('Спросил. Назвал дату и сумму следующего платежа, клиент записал.');
  await page.keyboard.type(' /спас');
  await press(page, 'Tab');
  await expect(comment).toHaveValue(/клиент записал\. Поблагодарила за звонок\.$/);
  await press(page, 'Control+KeyZ');
  await expect(comment).not.toHaveValue(/Поблагодарила/);
  await comment.fill('Оплата 12/05');
  await expect(page.getByRole('listbox', { name: 'Заготовки' })).toHaveCount(0);
  await hangUp(box, call, me.extension, box.announced.sample_phone);
  await wrapUp(page);
  await finish(page);
});

test('one number, several people: arrows and Enter choose', async ({ page, box }) => {
  const { context, headers } = await box.as('supervisor');
  const phone = '+79995550177';
  for (const last_name of ['Однономеров', 'Двуномеров']) {
    const made = await context.post('/api/v1/clients', { headers: { ...headers, 'Idempotency-Key': crypto.randomUUID() }, data: { kind: 'person', last_name, first_name: 'Семён', phones: [{ number: phone, kind: 'mobile' }], acknowledge_duplicates: true } });
    expect(made.ok(), await made.text()).toBe(true);
  }
  await context.dispose();
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const call = await talk(box, me.extension, phone);
  await expect(page.getByRole('heading', { name: 'С этим номером несколько клиентов' })).toBeVisible();
  const options = page.getByRole('option').filter({ hasText: 'номеров' });
  await expect(options).toHaveCount(2);
  // A card without loans is shown whole: the list has "Surname N.", the card the whole name.
  const second = (await options.nth(1).locator('strong').textContent() ?? '').replace('.', '');
  await press(page, 'ArrowDown', 'Enter');
  await expect(page.getByRole('heading', { name: second })).toBeVisible();
  // The choice may be wrong: the list is one step away.
  await page.getByRole('button', { name: 'Другой клиент' }).click();
  await expect(page.getByRole('heading', { name: 'Найдите клиента' })).toBeVisible();
  await press(page, 'Escape', 'Escape');
  await expect(page.getByRole('heading', { name: second })).toBeVisible();
  await hangUp(box, call, me.extension, phone);
  await wrapUp(page);
  await finish(page);
});

test('a fast Enter in the search opens what was typed, not what was found before', async ({ page, box }) => {
  await signIn(page, box, 'operator', 2);
  await press(page, 'Control+KeyK');
  await page.keyboard.type('Иван');
  await expect(page.getByRole('option').first()).toBeVisible();
  await press(page, 'Control+KeyA');
  await page.keyboard.insertText(box.announced.sample_phone);
  await press(page, 'Enter');
  await expect(page).toHaveURL(new RegExp(`/clients/${known.client_id}`));
});

test('three wrong answers lock the check until tomorrow', async ({ page, box }) => {
  const other = await knownClient(box, 'Пётр');
  expect(other.client_id).not.toBe(known.client_id);
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const call = await talk(box, me.extension, other.phone);
  const mine = page.getByRole('option').filter({ hasText: other.name });
  await expect(page.getByRole('heading', { name: other.name }).or(mine.first())).toBeVisible();
  if (await mine.count() > 0) await mine.first().click();
  await page.locator('[name=birth_date]').fill(other.birth_date);
  await page.locator('[name=passport_last4]').fill(other.passport);
  for (const left of ['Можно ошибиться: 2', 'Можно ошибиться: 1']) {
    await page.locator('[name=full_name]').fill('Не Тот Человек');
    await press(page, 'Enter');
    await expect(page.getByText(left)).toBeVisible();
  }
  await page.locator('[name=full_name]').fill('Не Тот Человек');
  await press(page, 'Enter');
  await expect(page.getByRole('alert').filter({ hasText: 'Проверка закрыта до конца дня' })).toBeVisible();
  await expect(page.locator('[name=full_name]')).toHaveCount(0);
  // Which answers were wrong stays to be seen, also after a reload.
  await expect(page.getByText('Не совпало: ФИО')).toBeVisible();
  await expect(page.getByText('откроется на уровне 2').first()).toBeVisible();
  await page.reload();
  await expect(page.getByText('Не совпало: ФИО')).toBeVisible();
  await hangUp(box, call, me.extension, other.phone);
  await wrapUp(page);
  await finish(page);

  // A supervisor sees on the card that it is closed and when it opens, and in the record by what.
  await page.context().clearCookies();
  await signIn(page, box, 'supervisor');
  await page.goto(`${box.announced.address}/clients/${other.client_id}`);
  await expect(page.getByRole('note').filter({ hasText: 'Проверка личности закрыта' })).toContainText('Откроется сама');
  await page.goto(`${box.announced.address}/calls?view=all`);
  await page.locator('tbody tr').filter({ hasText: other.name }).first().click();
  await expect(page.getByText('не совпало: ФИО')).toHaveCount(3);
  await expect(page.getByText('закрыта до конца дня')).toHaveCount(1);
  await expect(page.getByText('Уровень в конце')).toBeVisible();
});

test('a promise asks for its sum and its day, and the record tells them', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const call = await talk(box, me.extension, box.announced.sample_phone);
  await hangUp(box, call, me.extension, box.announced.sample_phone);
  await wrapUp(page);
  // A card that comes after its talk is as one that was there at its end: the caret stands at what is missing.
  await page.reload();
  await expect(page.locator('[name=topics]')).toBeFocused();
  await chooseTopic(page, 'плат');
  await page.locator('[name=comment]').fill('обещал');
  await chooseResult(page, 'Обещал');
  await press(page, 'Control+Enter');
  await expect(page.getByText('Напишите сумму больше нуля')).toBeVisible();
  await expect(page.locator('[name=promise_amount]')).toBeFocused();
  await page.keyboard.type('5 000,50');
  await press(page, 'Tab');
  const day = (days: number) => { const at = new Date(Date.now() + days * 86_400_000 + 3 * 3_600_000).toISOString().slice(0, 10).split('-'); return `${at[2]}.${at[1]}.${at[0]}`; };
  await page.keyboard.type(day(40));
  await press(page, 'Control+Enter');
  await expect(page.getByText('Выберите день не дальше 14 дней')).toBeVisible();
  await page.locator('[name=promise_due_on]').fill(day(3));
  await press(page, 'Tab', 'Control+Enter');
  await expect(page.getByText('Ваши последние звонки')).toBeVisible();
  await page.goto(`${box.announced.address}/calls`);
  await page.locator('tbody tr').first().click();
  await expect(page.getByText(/5\s000,50\s₽ до /)).toBeVisible();
});

test('Enter brings the waiting call when nothing else wants the key', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const first = '+79995550188';
  const call = await talk(box, me.extension, first);
  await page.locator('[name=comment]').fill('на полусло');
  const second = await box.ring(me.extension, box.announced.sample_phone);
  const strip = page.getByRole('button', { name: new RegExp(`Звонит.*${known.name}`) });
  await expect(strip).toBeVisible();
  // Both calls are there again after a reload, and what was typed.
  await page.reload();
  await expect(strip).toBeVisible();
  await expect(page.locator('[name=comment]')).toHaveValue('на полусло');
  await page.locator('[name=comment]').click();
  await press(page, 'Control+End');
  await expect(page.locator('[name=comment]')).toBeFocused();
  await press(page, 'Enter');
  await expect(page.locator('[name=comment]')).toHaveValue('на полусло\n');
  await press(page, 'Escape', 'Enter');
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await press(page, 'F3');
  await expect(page.locator('[name=comment]')).toHaveValue('на полусло\n');
  await box.event({ call_id: second, type: 'ended', from: box.announced.sample_phone, cause: 'no_answer', leg_id: undefined });
  await hangUp(box, call, me.extension, first);
  await wrapUp(page);
  await finish(page);
});

test('whoever signs out leaves nothing behind for the next at the same screen', async ({ page, box }) => {
  await signIn(page, box, 'operator', 2);
  await page.goto(`${box.announced.address}/clients/${known.client_id}`);
  await page.getByRole('tab', { name: /Заметки/ }).click();
  await page.getByPlaceholder('Что важно помнить о клиенте').fill('набрано и не сохранено');
  await page.reload();
  await page.getByRole('tab', { name: /Заметки/ }).click();
  await expect(page.getByPlaceholder('Что важно помнить о клиенте')).toHaveValue('набрано и не сохранено');
  await page.getByRole('button', { name: /Ваши настройки/ }).click();
  await page.getByRole('menuitem', { name: 'Выйти' }).click();
  await expect(page.locator('[name=login]')).toBeVisible();
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('lenderbox.draft')))).toEqual([]);
  await signIn(page, box, 'operator', 3);
  await page.getByRole('link', { name: 'Клиенты' }).click();
  await expect(page.getByText(known.name)).toHaveCount(0);
});

test('a session that ended elsewhere shows the log-in, not a lost connection', async ({ page, box }) => {
  await signIn(page, box, 'operator', 2);
  await page.context().clearCookies();
  await press(page, 'F2');
  await expect(page.locator('[name=login]')).toBeVisible();
});

test('F7 holds where the exchange can, and what it did not do stands beside the call', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  await become(page, 'ready');
  const from = box.announced.sample_phone;
  const plain = await talk(box, me.extension, from);
  await expect(page.getByRole('button', { name: /Перевод/ })).toBeVisible();
  await expect(page.getByRole('button', { name: /Удержать/ })).toHaveCount(0);
  await hangUp(box, plain, me.extension, from);
  await wrapUp(page);
  await finish(page);
  await become(page, 'ready');

  const link = await pbxFeed(box, '?can=hold');
  const call = await talk(box, me.extension, from);
  await expect(page.getByRole('button', { name: /Удержать/ })).toBeVisible();
  await press(page, 'F7');
  await box.event({ call_id: call, type: 'held', from, agent: me.extension });
  await expect(page.getByRole('status').filter({ hasText: 'На удержании' })).toBeVisible();
  await expect(page.getByRole('button', { name: /Вернуть/ })).toBeVisible();
  await press(page, 'F7');
  await box.event({ call_id: call, type: 'resumed', from, agent: me.extension });
  await expect(page.getByRole('button', { name: /Удержать/ })).toBeVisible();
  // Nobody answers the next command: after ten seconds the page says so.
  await press(page, 'F7');
  const failed = page.getByRole('alert').filter({ hasText: 'Удержать не удалось' });
  await expect(failed).toContainText('АТС не отвечает', { timeout: 30_000 });
  await failed.getByRole('button', { name: 'Закрыть' }).click();
  await expect(failed).toHaveCount(0);
  await hangUp(box, call, me.extension, from);
  await wrapUp(page);
  await finish(page);
  link.destroy();
});

test('without the PBX a banner says so, and F4 goes on', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator', 2);
  const link = await pbxFeed(box);
  await expect(page.getByRole('alert').filter({ hasText: 'Работаем без телефонии' })).toHaveCount(0);
  link.destroy();
  const banner = page.getByRole('alert').filter({ hasText: 'Работаем без телефонии' });
  await expect(banner).toBeVisible({ timeout: 20_000 });
  await banner.getByRole('button', { name: /Карточка вручную/ }).click();
  await page.getByRole('dialog').getByLabel('Номер собеседника').fill('123');
  await press(page, 'Enter');
  await expect(page.getByText('Это не похоже на телефон')).toBeVisible();
  await page.getByRole('dialog').getByLabel('Номер собеседника').fill(box.announced.sample_phone);
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await finish(page);
  expect(me.extension).not.toBe('');
  const back = await pbxFeed(box);
  await expect(banner).toHaveCount(0);
  back.destroy();
});
