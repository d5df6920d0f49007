import { become, chooseResult, chooseTopic, expect, finish, type Known, knownClient, signIn, test } from './box';

test.describe.configure({ mode: 'serial' });
let known: Known;
const press = async (page: import('@playwright/test').Page, ...keys: string[]) => { for (const key of keys) await page.keyboard.press(key); };
test.beforeAll(async ({ box }) => { known = await knownClient(box); });

test('an address that leads nowhere says so and shows the way back', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await page.goto(`${box.announced.address}/nowhere`);
  await expect(page.getByText('По этому адресу ничего нет')).toBeVisible();
  await page.getByRole('link', { name: 'На главную' }).click();
  await expect(page).toHaveURL(/\/workspace$/);
});

test('a wrong password is refused in words', async ({ page, box }) => {
  await page.goto(box.announced.address);
  await page.locator('[name=login]').fill(box.login('operator').login);
  await page.locator('[name=password]').fill('совсем не тот');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('не подходят');
});

test('a call is answered from the first ring to the finished card', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator');
  await become(page, 'ready');

  // H1: the card is there without a click.
  const call = await box.ring(me.extension, box.announced.sample_phone, { queue: 'Рассрочка' });
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await expect(page.getByText('откроется на уровне 2').first()).toBeVisible();
  await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, to: '+74957816400', agent: me.extension });
  await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'on_call');

  // A wrong answer costs an attempt and opens nothing.
  await page.locator('[name=full_name]').fill('Совсем Другой Человек');
  await page.locator('[name=full_name]').press('Enter');
  // Half of what is needed is not sent.
  await expect(page.getByText('нужно для проверки')).toHaveCount(2);
  await expect(page.getByText('Можно ошибиться: 3')).toBeVisible();
  await page.locator('[name=birth_date]').fill(known.birth_date);
  await page.locator('[name=passport_last4]').fill(known.passport);
  await page.locator('[name=passport_last4]').press('Enter');
  await expect(page.getByText('не совпало')).toHaveCount(1);
  await expect(page.getByText('Можно ошибиться: 2')).toBeVisible();

  // The right ones open the figures.
  await page.locator('[name=full_name]').fill(known.full_name);
  await page.locator('[name=full_name]').press('Enter');
  await expect(page.getByText('L2 личность подтверждена')).toBeVisible();
  await expect(page.locator('dl').first()).toContainText('₽');
  await expect(page.getByText('откроется на уровне 2')).toHaveCount(0);

  // Schedule of the first loan.
  await page.locator('#tab-loans').click();
  await page.locator('#tab-body tbody tr').first().click();
  await page.getByRole('tab', { name: 'График', exact: true }).click();
  await expect(page.getByRole('table', { name: 'График' }).locator('tbody tr').first()).toBeVisible();
  await expect(page.getByRole('button', { name: /Завершить/ }).first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('table', { name: 'График' })).toHaveCount(0);

  // Topic by keyboard, words, comment; all of it survives a reload.
  await chooseTopic(page, 'плат');
  await expect(page.getByRole('group', { name: 'Выбранные темы' })).toBeVisible();
  await page.getByLabel('Разговор записывается').check();
  await page.locator('[name=comment]').fill('Спросил про следующий платёж');
  await page.reload();
  await expect(page.locator('[name=comment]')).toHaveValue('Спросил про следующий платёж');
  await expect(page.getByLabel('Разговор записывается')).toBeChecked();
  await expect(page.getByRole('group', { name: 'Выбранные темы' })).toBeVisible();

  // The talk ends: wrap-up, the missing field gets the focus, Ctrl+Enter finishes.
  await box.event({ call_id: call, type: 'ended', from: box.announced.sample_phone, to: '+74957816400', agent: me.extension, cause: 'normal' });
  await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'wrap_up');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('[data-field=disposition]')).toBeFocused();
  await chooseResult(page, 'Ответ');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { name: 'Звонки к вам не идут' })).toBeVisible();
  await expect(page.locator('button[data-state]')).toHaveAttribute('data-state', 'not_ready');
  await expect(page.getByRole('row').filter({ hasText: 'Ответ дан' }).first()).toBeVisible();

  // F28: the next call comes only when the operator says so.
  await become(page, 'ready');
});

test('the finished call stands in the list and can be corrected with a reason', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await page.getByRole('link', { name: 'Звонки' }).click();
  // The workspace has a list of calls too: until the other page has come its keys are the workspace's.
  await expect(page.getByRole('heading', { name: 'Звонки', exact: true })).toBeVisible();
  await expect(page.locator('tbody tr').first()).toContainText(known.name);
  await press(page, 'j', 'Enter');
  await expect(page.getByText('Спросил про следующий платёж')).toBeVisible();
  await page.getByRole('button', { name: 'Исправить итог' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Комментарий').fill('Спросил про остаток');
  await dialog.getByLabel('Причина').fill('ошиблась строкой');
  await dialog.getByRole('button', { name: 'Исправить итог' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('Спросил про остаток')).toBeVisible();
  await expect(page.getByText('ошиблась строкой')).toBeVisible();
  await expect(page.getByText('было: ').first()).toContainText('Спросил про следующий платёж');
});

test('focus is never stolen: a call waits in the strip while the operator types', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator');
  await become(page, 'ready');
  await page.getByRole('link', { name: 'Клиенты' }).click();
  const field = page.getByLabel('Найти клиента');
  await field.click();
  await page.keyboard.type('Ив');
  const call = await box.ring(me.extension, box.announced.sample_phone);
  await expect(page.getByRole('button', { name: /Звонит/ }).last()).toBeVisible();
  await expect(field).toBeFocused();
  await page.keyboard.type('ан');
  await expect(field).toHaveValue('Иван');
  await page.keyboard.press('F3');
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await box.event({ call_id: call, type: 'answered', from: box.announced.sample_phone, agent: me.extension });
  await box.event({ call_id: call, type: 'ended', from: box.announced.sample_phone, agent: me.extension, cause: 'normal' });
  await finish(page);
});

test('an unknown number becomes a new client from what was typed', async ({ page, box }) => {
  const me = await signIn(page, box, 'operator');
  await become(page, 'ready');
  const number = '+79995550137';
  const call = await box.ring(me.extension, number);
  await box.event({ call_id: call, type: 'answered', from: number, agent: me.extension });
  await expect(page.getByRole('heading', { name: 'Номер не знаком' })).toBeVisible();
  // The number is known to nobody, so the next thing to type is the name.
  await expect(page.getByLabel('Имя', { exact: true })).toBeFocused();
  await page.keyboard.type('Ненайденов Пётр');
  await expect(page.getByText('Никого не нашли')).toBeVisible();
  await page.keyboard.press('Control+KeyN');
  await expect(page.getByLabel('Фамилия')).toHaveValue('Ненайденов');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('heading', { name: /Ненайденов/ })).toBeVisible();
  await box.event({ call_id: call, type: 'ended', from: number, agent: me.extension, cause: 'normal' });
  await finish(page);
});

test('a call card is made by hand', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await page.keyboard.press('F4');
  await page.getByRole('dialog').getByLabel('Номер собеседника').fill(box.announced.sample_phone);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await expect(page.getByText('входящий · карточка вручную')).toBeVisible();
  await finish(page);
});

test('F4 on the page of a client makes a card for that client, without a number', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await page.keyboard.press('Control+KeyK');
  await page.keyboard.type(box.announced.sample_phone);
  await page.getByRole('option', { name: new RegExp(known.name) }).click();
  await expect(page.getByRole('tab', { name: /Займы/ })).toBeVisible();
  await page.keyboard.press('F4');
  await expect(page.getByText(`Клиент: ${known.name}`)).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByText('входящий · карточка вручную')).toBeVisible();
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await finish(page);
});

test('search finds by phone from anywhere, and English is complete', async ({ page, box }) => {
  await signIn(page, box, 'operator');
  await page.keyboard.press('Control+KeyK');
  await page.keyboard.type(box.announced.sample_phone.replace('+7', '8'));
  await expect(page.getByRole('option', { name: new RegExp(known.name) })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: known.name })).toBeVisible();
  await page.getByRole('button', { name: /Ваши настройки/ }).click();
  await page.getByText('English', { exact: true }).click();
  await expect(page.getByRole('tab', { name: /Loans/ })).toBeVisible();
  await expect(page.getByText('Next payment')).toBeVisible();
});
