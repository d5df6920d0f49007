import { admin } from './admin';
import { call } from './call';
import { card } from './card';
import { common } from './common';
import { money } from './money';
import { shell } from './shell';

export const en = { ...common, ...shell, ...call, ...card, ...money, ...admin };
